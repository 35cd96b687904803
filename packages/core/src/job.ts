import type { AbortSignalLike, Call, Delivery, DeliveryFacts, Failed, Outcome, Reply, Send } from "./call.js";
import { type Clock, toMicros } from "./clock.js";
import type { Identity } from "./idempotency/identify.js";
import { chatOf } from "./limiter/plan.js";
import { randomBytes } from "./platform.js";
import type { Sending } from "./scope.js";
import type { Ownership, RuleCharge } from "./store/port.js";

/** One call on its way through the guard. */
export interface Job {
  readonly call: Call;
  readonly send: Send;
  readonly signal: AbortSignalLike | undefined;
  /** Aborts when the guard closes: it then waits for nothing any more. */
  readonly closing: AbortSignalLike;
  readonly identity: Identity;
  readonly charges: readonly RuleCharge[];
  /** The chat as the call named it before anything was sent: plugins further in may change the payload. */
  readonly chatId: unknown;
  readonly owner: string;
  readonly ttlUs: number;
  /** When the caller's patience ends, on the guard's clock, in ms. */
  readonly deadline: number;
  /** Each retry after a 429 adds one. */
  attempt: number;
  /** HTTP requests made. */
  requests: number;
  waitedMs: number;
  /** The rule, cap or line that it waited for last. */
  waitedFor?: string;
  /** It holds a reserved turn, to be given back if it gives up. */
  holdsTurn: boolean;
  /** The caller accepts that it may go out twice. */
  takesAmbiguous: boolean;
}

const processToken = randomBytes(9).toString("base64url");
let runs = 0;

/** Unique in the whole fleet: a random part per process and a count. */
export const ownerToken = (): string => `${processToken}${(runs++).toString(36)}`;

/** A call without a key gets a record under its owner token, so that a turn can be reserved for it. */
export const recordOf = (job: Job): string => job.identity.id ?? `o${job.owner}`;

export const ownershipOf = ({ call, owner, attempt }: Job): Ownership => ({ bot: call.bot, owner, attempt });

/** Why nobody waits for it any more: its caller aborted, or the guard closes. */
export function calledOff({ signal, closing }: Job): "aborted" | "closed" | undefined {
  if (signal?.aborted) return "aborted";
  return closing.aborted ? "closed" : undefined;
}

/** What is left of the caller's patience. */
export const remainingMs = (job: Job, clock: Clock): number => Math.max(0, job.deadline - clock.now());

export const remainingUs = (job: Job, clock: Clock): number => toMicros(remainingMs(job, clock));

export const factsOf = ({ identity, requests, waitedMs }: Job): DeliveryFacts => ({
  key: identity.id,
  scope: identity.scope,
  attempts: requests,
  waitedMs: Math.round(waitedMs),
});

/** What a guard further in recognises the call by. */
export const sendingOf = ({ bot, method, payload }: Call): Sending => ({
  bot,
  method,
  chat: chatOf(payload),
});

/** What one request ended in, as the caller gets it. */
export function deliveryFrom(facts: DeliveryFacts, outcome: Outcome, reply: Reply): Delivery {
  const { key, scope, attempts, waitedMs } = facts;
  if (outcome.kind === "ok")
    return { status: "sent", result: outcome.result, key, scope, attempts, waitedMs };
  return { status: "failed", outcome: outcome.kind, reply, key, scope, attempts, waitedMs } satisfies Failed;
}
