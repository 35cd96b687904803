import { type AbortSignalLike, ConfigurationError } from "@sendonce/core";
import type { ApiCallFn } from "grammy";
import { untilAborted } from "./until-aborted.js";

/** What asking for the id ended in: the id, or the answer that every waiting call gets. */
type Answer = { readonly bot: string } | { readonly failed: Awaited<ReturnType<ApiCallFn>> };

/**
 * Which bot sends through one transformer. Told by the token, by `ctx.me` or by a getMe that passes by; else
 * asked once, while calls wait. Nothing is ever sent under a guess.
 */
export class BotIdentity {
  readonly #namespace: string | undefined;
  readonly #expectBot: (id: string) => void;
  #id: string | undefined;
  #asking: Promise<Answer> | undefined;

  constructor(namespace: string | undefined, expectBot: (id: string) => void) {
    this.#namespace = namespace;
    this.#expectBot = expectBot;
  }

  /** The hash tag of every key, once it is known. */
  get bot(): string | undefined {
    return this.#namespace ?? this.#id;
  }

  /** @throws ConfigurationError when calls of a second bot come through the same transformer */
  learn(id: number | string): string {
    const learned = String(id);
    if (this.#id !== undefined && this.#id !== learned) {
      throw new ConfigurationError(
        `two bots (${this.#id} and ${learned}) send through one reliability(): give each bot its own, e.g. reliability(guard) with one shared guard = createGuard(options)`,
      );
    }
    this.#expectBot(learned);
    this.#id = learned;
    return this.#namespace ?? learned;
  }

  /** Asks Telegram; all calls that wait share one question. A failure is not remembered. */
  async ask(prev: ApiCallFn, signal: AbortSignalLike | undefined): Promise<Answer | undefined> {
    this.#asking ??= this.#getMe(prev).finally(() => {
      this.#asking = undefined;
    });
    return untilAborted(this.#asking, signal);
  }

  async #getMe(prev: ApiCallFn): Promise<Answer> {
    let answer = await prev("getMe", {});
    // A webhook reply swallows the first call of an update and answers `true`, which names nobody.
    if (answer.ok && (answer.result as unknown) === true) answer = await prev("getMe", {});
    if (!answer.ok) return { failed: answer };
    const { id } = (answer.result ?? {}) as { id?: unknown };
    if (typeof id !== "number") return { failed: noAnswer };
    return { bot: this.learn(id) };
  }
}

const noAnswer = Object.freeze({
  ok: false as const,
  error_code: 502,
  description: "sendonce: getMe did not tell which bot this is; set the `namespace` option to do without it",
  parameters: {},
});
