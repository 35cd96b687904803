import type { AbortSignalLike, ApiResponse } from "../call.js";
import { ConfigurationError } from "../errors.js";
import type { Guard } from "../guard.js";
import { untilAborted } from "./until-aborted.js";

/** What asking for the id ended in: what `Call.bot` is to be, or the answer that every waiting call gets. */
export type BotAnswer = string | (ApiResponse & { readonly ok: false });

/**
 * Which bot sends through an adapter that is not told a token. Learnt from an update or from a getMe that passes by;
 * else asked once, while calls wait. Nothing is ever sent under a guess.
 */
export class BotIdentity {
  readonly #guard: Pick<Guard, "namespace" | "expectBot">;
  #id: string | undefined;
  #asking: Promise<BotAnswer> | undefined;

  constructor(guard: Pick<Guard, "namespace" | "expectBot">) {
    this.#guard = guard;
  }

  /** What `Call.bot` is to be, once it is known. */
  get bot(): string | undefined {
    return this.#guard.namespace ?? this.#id;
  }

  /** @throws ConfigurationError when calls of a second bot come through the same adapter */
  learn(id: number | string): string {
    const learned = String(id);
    if (this.#id !== undefined && this.#id !== learned) {
      throw new ConfigurationError(
        `two bots (${this.#id} and ${learned}) send through one reliability(): give each bot its own, e.g. reliability(guard) with one shared guard = createGuard(options)`,
      );
    }
    this.#guard.expectBot(learned);
    this.#id = learned;
    return this.#guard.namespace ?? learned;
  }

  /** Looks at the answer to a getMe that somebody else made. A webhook reply's `true` names nobody. */
  overhear(answer: ApiResponse): void {
    const id = idIn(answer);
    if (id !== undefined) this.learn(id);
  }

  /**
   * Asks Telegram; all calls that wait share one question. A failure is not remembered.
   *
   * @returns undefined when the signal aborts first
   */
  async ask(
    getMe: () => Promise<ApiResponse>,
    signal: AbortSignalLike | undefined,
  ): Promise<BotAnswer | undefined> {
    this.#asking ??= this.#question(getMe).finally(() => {
      this.#asking = undefined;
    });
    return untilAborted(this.#asking, signal);
  }

  async #question(getMe: () => Promise<ApiResponse>): Promise<BotAnswer> {
    let answer = await getMe();
    // A webhook reply swallows the first call of an update.
    if (answer.ok && answer.result === true) answer = await getMe();
    if (!answer.ok) return answer;
    const id = idIn(answer);
    return id === undefined ? noAnswer : this.learn(id);
  }
}

function idIn(answer: ApiResponse): number | undefined {
  const id = answer.ok ? (answer.result as { readonly id?: unknown } | null)?.id : undefined;
  return typeof id === "number" ? id : undefined;
}

const noAnswer: BotAnswer = Object.freeze({
  ok: false,
  error_code: 502,
  description: "sendonce: getMe did not tell which bot this is; set the `namespace` option to do without it",
  parameters: {},
});
