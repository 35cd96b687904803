import type { Delivery } from "./call.js";

/** How a message that a send returned came to be. */
export interface DeliveryInfo {
  /** It had been sent before; this call sent nothing. */
  readonly replayed: boolean;
  readonly key?: string | undefined;
  readonly attempts: number;
  readonly waitedMs: number;
}

/** On globalThis, so that an ESM and a CJS copy of this package see the same deliveries. */
const registryKey = Symbol.for("sendonce.delivered.v1");
const shared = globalThis as { [registryKey]?: WeakMap<object, DeliveryInfo> };
shared[registryKey] ??= new WeakMap();
const registry = shared[registryKey];

/** Remembers how a result came to be, for as long as somebody holds it. */
export function rememberDelivery(delivery: Delivery): void {
  if (delivery.status !== "sent" && delivery.status !== "replayed") return;
  const { result, status, key, attempts, waitedMs } = delivery;
  if (typeof result !== "object" || result === null) return;
  registry.set(result, { replayed: status === "replayed", key, attempts, waitedMs });
}

/**
 * How a message came to be that `ctx.reply`, `bot.api.sendMessage` … returned; undefined for anything else.
 * @example const message = await ctx.reply("Hi"); if (deliveryOf(message)?.replayed) …
 */
export function deliveryOf(result: unknown): DeliveryInfo | undefined {
  return typeof result === "object" && result !== null ? registry.get(result) : undefined;
}
