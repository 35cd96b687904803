import { methodTable } from "../methods.js";
import type { EventName, GuardEvents } from "../observe/events.js";

const knownMethods: ReadonlySet<string> = new Set(Object.values(methodTable).flat());

/** A method's name where the table knows it, so that no caller can make up labels without end. */
const label = (method: string): string => (knownMethods.has(method) ? method : "other");

type Fields<Name extends EventName> = (event: GuardEvents[Name]) => readonly (readonly [string, number])[];

/** Event → what it adds to which counter, perhaps nothing. Every name comes from a list in this repository. */
const fieldsOf: { readonly [Name in EventName]?: Fields<Name> } = {
  sent: ({ method }) => [[`sent:${label(method)}`, 1]],
  replayed: ({ scope, method }) => [[`duplicate:${scope}:${label(method)}`, 1]],
  failed: ({ outcome, method }) =>
    outcome === "unknown" ? [[`ambiguous:${label(method)}`, 1]] : [[`failed:${outcome}`, 1]],
  refused: ({ code }) => [[`refused:${code}`, 1]],
  wait: ({ rule, waitMs }) => [
    [`waits:${rule}`, 1],
    [`waitMs:${rule}`, Math.round(waitMs)],
  ],
  freeze: ({ rule, frozenMs }) => [
    [`floods:${rule}`, 1],
    [`frozenMs:${rule}`, Math.round(frozenMs)],
  ],
  thaw: () => [],
  unguarded: () => [["unguarded", 1]],
  updateDropped: () => [["updatesDropped", 1]],
  updateUnfinished: () => [["updatesUnfinished", 1]],
};

/** Names of counters that one bot may have at once: far above what the lists can make. */
const mostNames = 2_000;

/** What happened to one bot, counted by name until it is posted. */
export class Counts {
  readonly #counts = new Map<string, number>();

  get isEmpty(): boolean {
    return this.#counts.size === 0;
  }

  /** Counts one event. */
  note<Name extends EventName>(name: Name, event: GuardEvents[Name]): void {
    for (const [field, by] of fieldsOf[name]?.(event) ?? []) this.#add(field, by);
  }

  /** Takes what was counted; what comes from now on is counted anew. */
  take(): ReadonlyMap<string, number> {
    const taken = new Map(this.#counts);
    this.#counts.clear();
    return taken;
  }

  /** What was taken and could not be posted. */
  putBack(taken: ReadonlyMap<string, number>): void {
    for (const [field, by] of taken) this.#add(field, by);
  }

  #add(field: string, by: number): void {
    const before = this.#counts.get(field);
    if (before === undefined && this.#counts.size >= mostNames) return;
    this.#counts.set(field, (before ?? 0) + by);
  }
}

/** Events that tell of a bot. */
export const countedEvents = Object.keys(fieldsOf) as readonly EventName[];
