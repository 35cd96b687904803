import type { Api, ApiClientOptions, Transformer } from "grammy";

const bridged: unique symbol = Symbol.for("sendonce.grammy.bridged");

/** What an Api fetches with. */
type Fetch = NonNullable<ApiClientOptions["fetch"]>;

/** So long that an Api of a plugin never times out while a call waits for its turn: each request has its own. */
const dayInSeconds = 86_400;

/**
 * Plugins such as conversations make an Api of their own, `new Api(ctx.api.token, ctx.api.options)`, whose
 * transformers are not the bot's. What such an Api fetches is led back into one Api per bot that is guarded:
 *
 *     plugin's Api ── its recording ── fetch ═ bridge ═▶ own Api ── Sendonce ── the user's options ──▶ Telegram
 *
 * Beneath the recording, so that a replay, which the recording answers, charges and sends nothing.
 */
export class PluginBridge {
  readonly #transformer: Transformer;
  #options: ApiClientOptions | undefined;

  constructor(transformer: Transformer) {
    this.#transformer = transformer;
  }

  /** Makes whatever is built from `api.options` come back here. The api itself keeps the user's own options. */
  cover(api: Api): void {
    if (isBridged(api.options)) return;
    this.#options ??= this.#bridgedOptions(api);
    Object.defineProperty(api, "options", { value: this.#options, enumerable: true, configurable: true });
  }

  #bridgedOptions({ token, options = {} }: Api): ApiClientOptions {
    let crossing: Promise<Fetch> | undefined;
    const fetch = async (...request: Parameters<Fetch>) => {
      // Most bots have no such plugin, and need not load what leads across.
      crossing ??= import("./bridged-fetch.js").then((it) =>
        it.bridgedFetch(token, options, this.#transformer),
      );
      return (await crossing)(...request);
    };
    return {
      ...options,
      timeoutSeconds: dayInSeconds,
      // Where it really goes is up to the own Api; here the address has to tell the method.
      ...(options.buildUrl && { buildUrl: (root, botToken, method) => `${root}/bot${botToken}/${method}` }),
      fetch: Object.assign(fetch as unknown as Fetch, { [bridged]: true }),
    };
  }
}

const isBridged = (options: ApiClientOptions | undefined): boolean =>
  options?.fetch !== undefined && bridged in options.fetch;
