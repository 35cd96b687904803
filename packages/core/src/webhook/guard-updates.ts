import { guardFrom } from "../adapter/adapter-guard.js";
import { botIdOf } from "../adapter/bot-id.js";
import type { Guard } from "../guard.js";
import type { GuardOptions } from "../options.js";
import { isAmbiguousConflict } from "../refusal.js";
import { comeAgainAfter } from "./come-again.js";
import { senderOf } from "./sender-of.js";

/**
 * What became of an update.
 * - `handled`: the handler ran and returned
 * - `dropped`: it had been handled before (or was, while this delivery was held); nothing ran
 * - `unfinished`: the handler ended in a send of unknown outcome; it counts as handled, a message may be missing
 * - `wait`: not now: it is being handled elsewhere, its handler was out of turn, or the store is away
 * - `malformed`: no update of Telegram's; nothing ran
 */
export type UpdateOutcome = "handled" | "dropped" | "unfinished" | "wait" | "malformed";

/** What to answer to Telegram, by any server. */
export interface WebhookAnswer {
  /** 200, which ends the matter; 503, which has the update delivered again; or 400. */
  readonly status: 200 | 400 | 503;
  /** `Retry-After` in whole seconds (Telegram honours up to 3600) with a 503; else empty. */
  readonly headers: Readonly<Record<string, string>>;
  readonly outcome: UpdateOutcome;
}

/** Runs a handler for an update unless it has been handled; answers what to tell Telegram. */
export interface GuardedUpdates {
  (update: unknown, handler: () => unknown): Promise<WebhookAnswer>;
  /** The guard behind it, to be shared with what sends: `guardFetch(fetch, once.guard)`. */
  readonly guard: Guard;
  /** Takes no more calls, waits for those in flight, and lets go of what it opened. */
  close(): Promise<void>;
}

/**
 * The update guard for a webhook on any server: a redelivered update is not handled again, a concurrent
 * duplicate is held until the first ends. Sends inside the handler are keyed by the update if they go through the
 * same guard, be it by `guardFetch` or by a framework's adapter.
 *
 * The handler's own errors are rethrown, for the server to answer 500: the update is free again, and Telegram
 * delivers it again. Held for more than 8 s, ended in a 429 (ours or Telegram's own) inside the handler, or without
 * its store under `whenStoreDown: "reject"`, it is answered with 503 and `Retry-After`.
 *
 * @param token the bot's, as its id names the update
 * @param options the guard's options, or a guard shared with what sends
 * @throws ConfigurationError for what is no token, or an option that is wrong
 * @example
 * const once = guardUpdates(token, guard);
 * const { status, headers } = await once(update, () => handle(update));
 * response.writeHead(status, headers).end();
 */
export function guardUpdates(token: string, options: GuardOptions | Guard = {}): GuardedUpdates {
  const id = botIdOf(token);
  const guard = guardFrom(options);
  guard.expectBot(id);
  const bot = guard.namespace ?? id;

  async function once(update: unknown, handler: () => unknown): Promise<WebhookAnswer> {
    if (!isUpdate(update)) return answer("malformed");
    const run = new Run(handler);
    const facts = { bot, updateId: update.update_id, userId: senderOf(update), unclaimed: "reject" } as const;
    try {
      await guard.handleUpdate(facts, () => run.start());
      return answer(run.outcome);
    } catch (error) {
      const seconds = comeAgainAfter(error);
      if (seconds === undefined) throw error;
      return { ...answer("wait"), headers: { "Retry-After": String(seconds) } };
    }
  }

  return Object.assign(once, { guard, close: () => guard.close() });
}

/** Whether the handler ran, and how it ended. */
class Run {
  readonly #handler: () => unknown;
  #outcome: UpdateOutcome = "dropped";

  constructor(handler: () => unknown) {
    this.#handler = handler;
  }

  get outcome(): UpdateOutcome {
    return this.#outcome;
  }

  async start(): Promise<void> {
    try {
      await this.#handler();
      this.#outcome = "handled";
    } catch (error) {
      if (isAmbiguousConflict(error)) this.#outcome = "unfinished";
      throw error;
    }
  }
}

const statuses = { handled: 200, dropped: 200, unfinished: 200, wait: 503, malformed: 400 } as const;

const answer = (outcome: UpdateOutcome): WebhookAnswer => ({
  status: statuses[outcome],
  headers: {},
  outcome,
});

/** Ids below 1 are not Telegram's, but tests inject them: such an update is handled each time it comes. */
function isUpdate(update: unknown): update is { readonly update_id: number } {
  const { update_id } = (update ?? {}) as { readonly update_id?: unknown };
  return typeof update_id === "number" && Number.isSafeInteger(update_id);
}
