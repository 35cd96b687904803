import type { Logger } from "./logger.js";

/** Things worth one warning each: what happened, and what to write instead. */
export const warningTexts = Object.freeze({
  repeat:
    "the same message was asked for twice outside an update and went out once. If both were meant, give each its own key: delivery({ key }); to forget sooner, set idempotency.ttlMs",
  stream:
    "a payload that holds a stream was sent without deduplication, since reading a stream spoils it. Pass bytes or a path, or give it a key: delivery({ key })",
  untracked:
    "calls arrive from handlers but no update is known: they are deduplicated by content alone. Use install(bot), or bot.use(sendonce.updates()) as the first middleware",
  unfinished:
    'a handler ended because a send of its own had an unknown outcome. Its update counts as handled, so a message may be missing. Look at the chat; to decide yourself, catch the error in the handler or listen to guard.on("updateUnfinished")',
  evicting:
    "this Redis throws keys away when it is full (maxmemory-policy is not noeviction), and with them the memory of what was sent. Set maxmemory-policy noeviction, or use another Redis than your cache",
  uncovered:
    "a message went out by bot.telegram, or by a handler before the middleware, where reliability() cannot see it: it was neither deduplicated nor paced. Use install(bot), which covers every call",
  handlerTimeout:
    "maxWaitMs inside updates reaches the bot's handlerTimeout: a handler that waits so long is given up, and under polling launch() rejects and the bot stops. Lower it, as in install(bot, { maxWaitMs: 8_000 }), or raise the other: new Telegraf(token, { handlerTimeout })",
  autoRetryInside:
    "auto-retry stands inside Sendonce, where it hides floods and sends again what may have arrived. Install Sendonce first and auto-retry after it, or leave auto-retry out: floods are waited for anyway",
  throttlerInside:
    "a throttler stands inside Sendonce, where messages queue up after their turn was paid. Remove it; limitsFromThrottler(config, { from }) keeps its numbers, see docs/migrating.md",
  publish:
    "this Redis user may not publish what the option `publish` tells operators. Let it: ACL SETUSER <user> +hincrby +expire +publish &sendonce:*, or leave `publish` out",
  full: "the memory store is full and forgets sent messages early. Raise memoryStore({ maxRecords }) or use Redis",
});

export type WarningKind = keyof typeof warningTexts;

/** Warns once per kind: to the logger, or as a process warning when there is none. */
export class Warnings {
  readonly #given = new Set<WarningKind>();
  readonly #logger: Logger | undefined;

  constructor(logger: Logger | undefined) {
    this.#logger = logger;
  }

  once(kind: WarningKind): void {
    if (this.#given.has(kind)) return;
    this.#given.add(kind);
    const text = `sendonce: ${warningTexts[kind]}`;
    if (this.#logged(kind, text)) return;
    process.emitWarning(text, { type: "SendonceWarning", code: `SENDONCE_${kind.toUpperCase()}` });
  }

  /** A logger that throws must not fail a send: the warning goes where nobody can stop it. */
  #logged(kind: WarningKind, text: string): boolean {
    try {
      this.#logger?.warn({ event: "warning", warning: kind }, text);
      return this.#logger !== undefined;
    } catch {
      return false;
    }
  }
}
