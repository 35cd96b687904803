import { findBots } from "../bots.js";
import { now } from "../clock.js";
import type { Context } from "../context.js";
import { countsOf, type HourOfCounts, kindOf, sumOf } from "../counters.js";
import { exitCodes } from "../exit.js";
import { tabular } from "../tabular.js";

interface Place {
  readonly scope: string;
  readonly method: string;
  readonly prevented: number;
}

interface BotDuplicates {
  readonly bot: string;
  readonly sent: number;
  readonly prevented: number;
  readonly updatesDropped: number;
  readonly where: readonly Place[];
  readonly hours: readonly { readonly hour: string; readonly sent: number; readonly prevented: number }[];
}

/** How many duplicates were not sent, where, and in which hour. */
export async function duplicates(context: Context, { hours }: { hours: number }): Promise<number> {
  const { session, screen, bot } = context;
  const bots = bot === undefined ? await findBots(context) : [bot];
  const found: BotDuplicates[] = [];
  for (const one of bots) {
    const counted = await countsOf(session, one, now(), hours);
    if (counted.length > 0) found.push(summed(one, counted));
  }
  screen.show({ hours, bots: found }, () => inWords(found, hours));
  return exitCodes.fine;
}

function summed(bot: string, hours: readonly HourOfCounts[]): BotDuplicates {
  const places = new Map<string, Place>();
  for (const { counts } of hours) {
    for (const [[scope = "", method = ""], count] of kindOf("duplicate", counts)) {
      const before = places.get(`${scope}:${method}`)?.prevented ?? 0;
      places.set(`${scope}:${method}`, { scope, method, prevented: before + count });
    }
  }
  const total = (kind: string) => hours.reduce((sum, { counts }) => sum + sumOf(kind, counts), 0);
  return {
    bot,
    sent: total("sent"),
    prevented: total("duplicate"),
    updatesDropped: total("updatesDropped"),
    where: [...places.values()].sort((a, b) => b.prevented - a.prevented),
    hours: hours.map(({ hour, counts }) => ({
      hour,
      sent: sumOf("sent", counts),
      prevented: sumOf("duplicate", counts),
    })),
  };
}

function inWords(bots: readonly BotDuplicates[], hours: number): string {
  if (bots.length === 0)
    return `no counters of the last ${hours} hours: set the guard's option publish: true, and look again after the next send`;
  return bots.map(ofBot).join("\n\n");
}

function ofBot({ bot, sent, prevented, updatesDropped, where, hours }: BotDuplicates): string {
  const head = `bot ${bot}: ${sent} sent, ${prevented} duplicates not sent, ${updatesDropped} updates not handled again`;
  const places = where.map(({ scope, method, prevented }) => [scope, method, prevented]);
  const times = hours.map(({ hour, sent, prevented }) => [`${hour.replace("T", " ")}h`, sent, prevented]);
  return [
    head,
    ...(places.length > 0 ? ["", tabular(["scope", "method", "not sent"], places)] : []),
    "",
    tabular(["hour (UTC)", "sent", "not sent"], times),
  ].join("\n");
}
