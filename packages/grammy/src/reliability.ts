import {
  type AbortSignalLike,
  type ApiResponse,
  BotIdentity,
  type CloseOptions,
  ConfigurationError,
  type Guard,
  type GuardOptions,
  guardFrom,
  isGuard,
  isUntracked,
  type Payload,
} from "@sendonce/core";
import type { ApiCallFn, Context, MiddlewareFn, Transformer } from "grammy";
import { PluginBridge } from "./plugin-bridge.js";
import { closeStreams } from "./streams.js";
import { trackUpdates } from "./track-updates.js";
import { abortError, answerOf, fileOf, replyOf } from "./translate.js";
import { lookInside } from "./wrong-order.js";

/** Options of a guard, and of how it learns about updates. */
export interface ReliabilityOptions extends GuardOptions {
  /**
   * Learn which update a call answers by wrapping `Bot.prototype.handleUpdate` once. Without it (and without
   * `.updates()`) calls are deduplicated by content alone.
   * @default true
   */
  trackUpdates?: boolean;
}

/** Options of the update guard. */
export interface UpdatesOptions {
  /** Drop an update that was handled before; `false` only opens the scope. @default true */
  drop?: boolean;
}

/** A grammY transformer, with what belongs to it. */
export interface Reliability extends Transformer {
  /** Middleware: an update that was handled is not handled again. Install it first. */
  updates(options?: UpdatesOptions): MiddlewareFn<Context>;
  /** The guard behind it: events, store, `run`. */
  readonly guard: Guard;
  /** Takes no more calls, refuses those that wait, lets open requests end, and lets go of what it opened. */
  close(options?: CloseOptions): Promise<void>;
}

/**
 * A transformer for one bot: every message it sends goes out once, at the pace Telegram allows.
 *
 * @param options the guard's options, or a guard shared between bots
 * @throws ConfigurationError naming the option and the remedy
 * @example bot.api.config.use(reliability());
 */
export function reliability(options: ReliabilityOptions | Guard = {}): Reliability {
  return connect(options).transformer;
}

/** A transformer and what stands behind it, for `install`, which knows the bot. */
export interface Connection {
  readonly transformer: Reliability;
  readonly identity: BotIdentity;
  /** Covers the Apis that plugins make. */
  readonly bridge: PluginBridge;
}

/** Makes the parts of one bot. */
export function connect(options: ReliabilityOptions | Guard = {}): Connection {
  const { guard, tracks } = settled(options);
  const identity = new BotIdentity(guard);
  if (tracks) trackUpdates();
  const untracked = new UntrackedUpdates(guard);

  async function sendonce(
    prev: ApiCallFn,
    method: string,
    payload: Payload | undefined,
    signal?: AbortSignalLike,
  ): Promise<ApiResponse> {
    const forward = prev as unknown as LooseCallFn;
    if (isGetMe(method)) {
      const answer = await forward(method, payload, signal);
      identity.overhear(answer);
      return answer;
    }
    untracked.notice(prev);
    const bot = identity.bot ?? (await identity.ask(() => forward("getMe", {}), signal));
    if (bot === undefined) throw abortError(method);
    if (typeof bot !== "string") return bot;
    const call = { bot, method, payload: payload ?? {}, fileOf };
    const send = () => replyOf(() => forward(method, payload, signal));
    const delivery = await guard.run(call, send, signal);
    if (delivery.status === "replayed") closeStreams(call.payload);
    return answerOf(method, delivery);
  }

  const transformer: Reliability = Object.assign(sendonce as unknown as Transformer, {
    guard,
    close: (options?: CloseOptions) => guard.close(options),
    updates: ({ drop }: UpdatesOptions = {}): MiddlewareFn<Context> =>
      async function sendonceUpdates(ctx, next) {
        const bot = identity.learn(ctx.me.id);
        bridge.cover(ctx.api);
        lookInside(ctx.api);
        const updateId = ctx.update.update_id;
        await guard.handleUpdate({ bot, updateId, userId: ctx.from?.id, drop }, next);
      },
  });
  const bridge = new PluginBridge(transformer);
  return { transformer, identity, bridge };
}

/** `prev` without the per-method types that a transformer for all methods cannot use. */
type LooseCallFn = (
  method: string,
  payload: Payload | undefined,
  signal?: AbortSignalLike,
) => Promise<ApiResponse>;

function settled(options: ReliabilityOptions | Guard): { guard: Guard; tracks: boolean } {
  if (isGuard(options)) return { guard: options, tracks: true };
  const { trackUpdates: tracks = true, ...rest } = options ?? {};
  if (typeof tracks !== "boolean") throw new ConfigurationError("`trackUpdates` must be true or false");
  return { guard: guardFrom(rest), tracks };
}

const isGetMe = (method: string): boolean => method.toLowerCase() === "getme";

/** Per-update Apis seen without a scope before it is worth a warning. */
const suspicious = 3;

/**
 * grammY makes a new Api, and so a new `prev`, for every update. Several of them without a scope mean that
 * updates come from a copy of grammY that is not ours, or that tracking is off.
 */
class UntrackedUpdates {
  readonly #guard: Guard;
  #seen: WeakSet<object> | undefined = new WeakSet();
  #count = 0;

  constructor(guard: Guard) {
    this.#guard = guard;
  }

  notice(prev: object): void {
    if (this.#seen === undefined || !isUntracked() || this.#seen.has(prev)) return;
    this.#seen.add(prev);
    if (++this.#count < suspicious) return;
    this.#seen = undefined;
    this.#guard.warnings.once("untracked");
  }
}
