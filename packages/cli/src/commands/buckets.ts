import type { RuleParams, RuleStats } from "@sendonce/core";
import { chargesToRead } from "@sendonce/core/redis";
import { theBot } from "../bots.js";
import type { Context } from "../context.js";
import { exitCodes } from "../exit.js";
import { type presetNames, rulesInForce } from "../rules-in-force.js";
import { span } from "../spans.js";
import { tabular } from "../tabular.js";

interface Bucket {
  readonly rule: string;
  readonly limit: string;
  readonly remaining: number | undefined;
  readonly waitMs: number;
  readonly frozenMs: number;
  readonly fullInMs: number;
  readonly rate: number;
}

/** The rules that a message to a chat pays, or those of the whole bot, as they stand now. */
export async function buckets(
  context: Context,
  chat: string | undefined,
  { limits }: { limits?: (typeof presetNames)[number] },
): Promise<number> {
  const { session, screen } = context;
  const bot = await theBot(context);
  const rules = await rulesInForce(session, bot, limits);
  const charges = chargesToRead(rules, chat);
  const stats = await session.store.stats({ bot, rules: charges });
  const found = stats.map((rule, at) => bucketOf(rule, charges[at]!.params));
  screen.show({ bot, chat, rulesFrom: rules.from, buckets: found }, () => inWords(found, rules.from));
  return exitCodes.fine;
}

function bucketOf(
  { name, remaining, waitUs, resetUs, frozenUs, rate }: RuleStats,
  params: RuleParams,
): Bucket {
  return {
    rule: name,
    limit: limitInWords(params),
    remaining: params.kind === "gate" ? undefined : remaining,
    waitMs: Math.ceil(waitUs / 1000),
    frozenMs: Math.ceil(frozenUs / 1000),
    fullInMs: Math.ceil(resetUs / 1000),
    rate,
  };
}

function limitInWords(params: RuleParams): string {
  if (params.kind === "gate") return "none";
  if (params.kind === "window") return `${params.limit} in any ${span(params.periodUs / 1000)}`;
  const perSecond = 1e6 / params.intervalUs;
  const pace = perSecond >= 1 ? `${Math.round(perSecond)}/s` : `${Math.round(perSecond * 60)}/min`;
  return `${params.capacity}, ${pace}`;
}

function inWords(buckets: readonly Bucket[], from: string): string {
  const rows = buckets.map(({ rule, limit, remaining, waitMs, frozenMs, fullInMs, rate }) => [
    rule,
    limit,
    remaining === undefined ? "-" : String(remaining),
    waitMs > 0 ? `in ${span(waitMs)}` : "now",
    frozenMs > 0 ? `for ${span(frozenMs)}` : "no",
    fullInMs > 0 ? `in ${span(fullInMs)}` : "now",
    `${Math.round(rate * 100)} %`,
  ]);
  return `${tabular(["rule", "limit", "free", "next", "frozen", "full", "rate"], rows)}\n\nrules: ${from}`;
}
