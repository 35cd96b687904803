import type { Claim, Scenario, Side } from "./scenario.js";
import { broadcast } from "./scenarios/broadcast.js";
import { lostResponse } from "./scenarios/lost-response.js";
import { scheduledTwice } from "./scenarios/scheduled-twice.js";
import { slowWebhook } from "./scenarios/slow-webhook.js";
import { Stage } from "./stage.js";
import { nameOf, paint, say } from "./style.js";
import { type Compared, tableOf } from "./table.js";
import { tally } from "./tally.js";

const scenarios: readonly Scenario[] = [slowWebhook, lostResponse, scheduledTwice, broadcast];

/** Plays every scenario without and with Sendonce, prints the table, and tells whether every promise was kept. */
export async function runScenarios(): Promise<boolean> {
  const startedAt = performance.now();
  console.log(paint.bold("Sendonce demo: the same grammY bots without and with install(bot)."));
  console.log("A local Telegram on 127.0.0.1 delivers, limits and loses as the real one does.");
  const compared: Compared[] = [];
  for (const [i, scenario] of scenarios.entries()) compared.push(await perform(scenario, i + 1));
  console.log(`\n${tableOf(compared)}`);
  const broken = compared.flatMap(({ title, claims }) =>
    claims.filter(([, kept]) => !kept).map(([what]) => `${title}: ${what}`),
  );
  for (const line of broken) console.error(paint.red(`✗ not as promised: ${line}`));
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  if (broken.length === 0) {
    console.log(paint.green(`✓ with Sendonce: nothing doubled, nothing missing (${seconds} s)`));
  }
  return broken.length === 0;
}

async function perform(scenario: Scenario, number: number): Promise<Compared> {
  const { title, story, sideBySide } = scenario;
  console.log(`\n${paint.bold(`${number}. ${title}`)}`);
  say(story);
  const [plain, guarded] = sideBySide
    ? await Promise.all([playSide(scenario, false), playSide(scenario, true)])
    : [await playSide(scenario, false), await playSide(scenario, true)];
  report(plain, false);
  report(guarded, true);
  return { title, plain, guarded, claims: [...always(guarded), ...scenario.claims(plain, guarded)] };
}

async function playSide(scenario: Scenario, guarded: boolean): Promise<Side> {
  const stage = await Stage.open(guarded, scenario.telegram);
  try {
    const { intended, told, conflicts = 0 } = await scenario.play(stage);
    return { ...tally(stage.telegram.ledger, intended), told, conflicts };
  } finally {
    await stage.close();
  }
}

function report({ told, doubled, missing, floods }: Side, guarded: boolean): void {
  const mark = doubled + missing + floods > 0 ? paint.red("✗") : paint.green("✓");
  say(`${mark} ${told}`, nameOf(guarded).padEnd(9));
}

/** What holds in every scenario. */
const always = ({ doubled, missing }: Side): Claim[] => [
  [`with Sendonce nothing is doubled (${doubled} copies too many)`, doubled === 0],
  [`with Sendonce nothing is missing (${missing} messages)`, missing === 0],
];
