import type { Ledger } from "@sendonce/emulator";

/** A message that somebody should receive exactly once. */
export interface Intended {
  chat: number | string;
  text: string;
  /** When the person wrote what this message answers, in ms since 1970; absent where it answers nobody. */
  askedAt?: number;
}

/** What became of the intended messages. */
export interface Tally {
  intended: number;
  received: number;
  /** Copies beyond the first. */
  doubled: number;
  missing: number;
  /** Requests that Telegram answered with 429. */
  floods: number;
  /** From a person's message to the first copy of its answer (or to now), the longest of all; absent where nobody asked. */
  longestReplyMs?: number;
}

/** Compares what was meant with what people received. */
export function tally(ledger: Ledger, intended: readonly Intended[]): Tally {
  const copies = intended.map(({ chat, text }) => ledger.received(chat).filter((one) => one.text === text));
  const now = Date.now();
  const delays = intended.flatMap(({ askedAt }, i) =>
    askedAt === undefined ? [] : [(copies[i]?.[0]?.at ?? now) - askedAt],
  );
  return {
    intended: intended.length,
    received: ledger.count(),
    doubled: copies.reduce((sum, { length }) => sum + Math.max(0, length - 1), 0),
    missing: copies.filter(({ length }) => length === 0).length,
    floods: ledger.floods().length,
    ...(delays.length > 0 && { longestReplyMs: Math.max(...delays) }),
  };
}
