import type { Priority } from "../delivery-options.js";
import type { RuleName } from "../limiter/rules.js";
import type { RuleParams } from "../store/port.js";

/** Calls on their way at once: fewer leave a quick line idle, more reserve turns that others could have. */
const bounds = { least: 8, most: 512, unlimited: 64 } as const;

/** Turns are reserved this far ahead, so that a slow answer leaves no gap. */
const aheadSeconds = 2;

/**
 * How many messages of a broadcast are on their way at once: two seconds of what its narrowest bot-wide rule lets
 * through. Chats have rules of their own, but nobody is written to twice.
 */
export function concurrencyFor(
  rules: Readonly<Partial<Record<RuleName, RuleParams>>>,
  priority: Priority,
  paid: boolean,
): number {
  const names: RuleName[] = paid ? ["paid"] : priority === "bulk" ? ["bulk", "global"] : ["global"];
  const perSecond = Math.min(...names.map((name) => rateOf(rules[name])));
  if (!Number.isFinite(perSecond)) return bounds.unlimited;
  return Math.min(bounds.most, Math.max(bounds.least, Math.ceil(perSecond * aheadSeconds)));
}

/** Messages per second in the long run. */
function rateOf(params: RuleParams | undefined): number {
  if (params?.kind === "bucket") return 1e6 / params.intervalUs;
  if (params?.kind === "window") return (params.limit / params.periodUs) * 1e6;
  return Number.POSITIVE_INFINITY;
}
