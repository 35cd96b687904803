import { type PostedRules, postedRulesKey, rulesFromText, rulesOfPreset } from "@sendonce/core/redis";
import type { Session } from "./connect/session.js";
import { wrongUse } from "./exit.js";

/** Presets by name, as the option `limits` knows them. */
export const presetNames = ["conservative", "official"] as const;

/** The rules of a bot, and where they were learned. */
export interface RulesInForce extends PostedRules {
  readonly from: string;
}

/** The rules that a publishing guard has posted, unless a preset is named. @throws Stop when neither is there */
export async function rulesInForce(
  session: Session,
  bot: string,
  preset?: (typeof presetNames)[number],
): Promise<RulesInForce> {
  if (preset !== undefined) return { ...rulesOfPreset(preset), from: `the preset "${preset}"` };
  const posted = rulesFromText(await session.client.get(postedRulesKey(bot)));
  if (posted !== undefined) return { ...posted, from: "what the bot has posted" };
  throw wrongUse(
    `bot ${bot} has not posted its rules`,
    "name the preset it uses: --limits conservative, or --limits official; or set the guard's option publish: true",
  );
}
