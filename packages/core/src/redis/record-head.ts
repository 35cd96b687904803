import type { RecordView } from "../store/port.js";

/** What the first letters of a record's value tell; see lua/lib/record.lua, which owns the grammar. */
export interface RecordHead {
  readonly state: RecordView["state"];
  /** Microseconds on the server's clock. */
  readonly expiresUs: number;
}

/** So many letters of a value hold everything that is read here, for owner tokens of any length we make. */
export const headLetters = 160;

/**
 * Reads the state and the end of a record from the beginning of its value, so that an operator's tool counts many
 * records without fetching results. A SENDING whose lease is over reads as `ambiguous`.
 *
 * @param nowUs the server's time, in microseconds
 * @returns undefined for a value that is none of ours
 */
export function readRecordHead(value: string, nowUs: number): RecordHead | undefined {
  const done = /^D\|(\d+)\|/.exec(value);
  if (done) return { state: "done", expiresUs: Number(done[1]) };
  const ambiguous = /^A\|[^|]*\|\d+\|(\d+)\|/.exec(value);
  if (ambiguous) return { state: "ambiguous", expiresUs: Number(ambiguous[1]) };
  const held = /^([RS])\|[^|]*\|\d+\|(\d+)\|(\d+)\|/.exec(value);
  if (!held) return undefined;
  const over = Number(held[2]) <= nowUs;
  const state = held[1] === "R" ? "reserved" : over ? "ambiguous" : "sending";
  return { state, expiresUs: Number(held[3]) };
}

/** Whether a rule's value is one of ours; see lua/lib/rule.lua. */
export const isRuleValue = (value: string): boolean =>
  /^(-?\d+$|b\d+,\d+,-?\d+,-?\d+,\d+|w\d+,\d+,-?\d+,-?\d+,\d+)/.test(value);
