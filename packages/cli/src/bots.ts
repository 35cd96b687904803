import type { Context } from "./context.js";
import { exitCodes, Stop, wrongUse } from "./exit.js";
import { scan } from "./scan.js";

/** Bots that Redis holds anything of, in order. */
export async function findBots({ session, screen, bounds }: Context): Promise<string[]> {
  const bots = new Set<string>();
  for await (const { keys } of scan(session, screen, bounds)) for (const { bot } of keys) bots.add(bot);
  bots.delete("probe");
  return [...bots].sort();
}

/** The bot that was named, or the only one there is. @throws Stop when there are none or several */
export async function theBot(context: Context): Promise<string> {
  if (context.bot !== undefined) return context.bot;
  const bots = await findBots(context);
  if (bots.length === 1) return bots[0]!;
  if (bots.length === 0)
    throw new Stop(
      exitCodes.problem,
      "this Redis holds nothing of any bot",
      "check that the bots use this URL and database, or name one with --bot ID",
    );
  throw wrongUse(
    `this Redis holds ${bots.length} bots: ${bots.slice(0, 20).join(", ")}`,
    "say which: --bot ID",
  );
}
