import type { EventName, GuardEvents } from "../observe/events.js";
import type { StoreMode } from "../store/failover.js";

/** One event as it is told to who listens: no text and no token; the chat only where that was asked for. */
export interface PostedEvent {
  readonly event: EventName;
  /** Milliseconds since 1970, on the clock of the process that posted. */
  readonly at: number;
  readonly [field: string]: string | number | undefined;
}

/** What one process tells about one bot, once a second while something happens: the message of the channel. */
export interface News {
  readonly v: 1;
  readonly bot: string;
  /** Which process: a random name. With `n` it tells a message that was heard twice. */
  readonly from: string;
  readonly n: number;
  /** Milliseconds since 1970, on that process's clock. */
  readonly at: number;
  readonly mode: StoreMode;
  /** Calls that are open now, and those of them that wait for a turn. */
  readonly open: number;
  readonly waiting: number;
  /** What was added to the counters since the last message. */
  readonly counts: Readonly<Record<string, number>>;
  /** Busiest first; only with `publish: { chats: true }`. */
  readonly chats?: readonly (readonly [chat: string, sends: number])[];
  /** Only while somebody listens. */
  readonly events?: readonly PostedEvent[];
  /** Events that are counted and not told, because there were too many. */
  readonly more?: number;
}

/** Fields of events that are told. What is not named here never leaves the process. */
// biome-ignore format: a list is read in lines
const told = [
  "method", "scope", "key", "attempts", "waitedMs", "outcome", "code", "retryAfterMs", "rule", "waitMs", "frozenMs", "updateId",
  "count", "mode", "reason", "verb", "message", "state", "sent", "replayed",
] as const;

/** An event as it is posted. */
export function postedEvent<Name extends EventName>(
  event: Name,
  facts: GuardEvents[Name],
  at: number,
  withChat: boolean,
): PostedEvent {
  const posted: Record<string, string | number> = {};
  const given = facts as unknown as Readonly<Record<string, unknown>>;
  for (const field of withChat ? [...told, "chat"] : told) {
    const value = given[field];
    if (typeof value === "number") posted[field] = Math.round(value);
    else if (typeof value === "string") posted[field] = value.slice(0, mostLetters);
  }
  return { ...posted, event, at: Math.round(at) };
}

const mostLetters = 200;
