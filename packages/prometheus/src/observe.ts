import type { Guard } from "@sendonce/core";
import { type Registry, register } from "prom-client";
import { Board } from "./board.js";

/** Where metrics go, and which. */
export interface ObserveOptions {
  /** @default prom-client's own, which `register.metrics()` shows */
  readonly registry?: Registry;
  /** What every name begins with. @default "sendonce_" */
  readonly prefix?: string;
  /**
   * Upper bounds of the histograms, in seconds: of waits, and of round trips to the store. They are those of the
   * first guard that is observed in a registry.
   * @default waits 0.1 to 120, round trips 0.0005 to 1
   */
  readonly buckets?: { readonly wait?: readonly number[]; readonly store?: readonly number[] };
  /** Ask the store at each scrape how full the bot-wide rules are: one command per bot. @default true */
  readonly tokens?: boolean;
}

/**
 * Measures a guard for Prometheus. Several guards of one registry are added up. What is counted costs a send well
 * under a microsecond; what is asked for at a scrape never fails it, and holds it up for two seconds at most.
 *
 * @returns ends it: nothing is counted any more, and this guard is in no gauge
 * @throws Error by prom-client when the registry holds a metric of that name already which is not ours
 * @example
 * import { createGuard } from "@sendonce/core";
 * import { observe } from "@sendonce/prometheus";
 *
 * const guard = createGuard();
 * const stop = observe(guard);
 */
export function observe(guard: Guard, options: ObserveOptions = {}): () => void {
  const { registry = register, prefix = "sendonce_", buckets = {}, tokens = true } = options;
  return Board.in(registry, prefix, buckets).add(guard, tokens);
}
