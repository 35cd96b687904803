import type { Claim, Scenario, Side } from "./scenario.js";
import { Stage } from "./stage.js";
import { nameOf, paint, say } from "./style.js";
import { type Compared, tableOf } from "./table.js";
import { tally } from "./tally.js";

/** What is told, and in which order. */
export interface Story {
  title: string;
  /** What a stranger must know before it begins. */
  preface: string;
  scenarios: readonly Scenario[];
  /** The bot of one side; the usual one where none is given. */
  token?(): string;
}

/** Plays every scenario without and with Sendonce, prints the table, and tells whether every promise was kept. */
export async function tell(story: Story): Promise<boolean> {
  const startedAt = performance.now();
  console.log(paint.bold(story.title));
  console.log(story.preface);
  const compared = await performAll(story);
  console.log(`\n${tableOf(compared)}`);
  const broken = compared.flatMap(({ title, claims }) =>
    claims.filter(([, kept]) => !kept).map(([what]) => `${title}: ${what}`),
  );
  for (const line of broken) console.error(paint.red(`✗ not as promised: ${line}`));
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  if (broken.length === 0) console.log(paint.green(`✓ ${lastWord(compared)} (${seconds} s)`));
  return broken.length === 0;
}

async function performAll(story: Story): Promise<Compared[]> {
  const early = new Map<Scenario, Promise<Sides>>();
  for (const scenario of story.scenarios.filter(({ startsEarly }) => startsEarly)) {
    const playing = playSides(story, scenario);
    playing.catch(() => {}); // told when its number comes up
    early.set(scenario, playing);
  }
  const compared: Compared[] = [];
  const warned = new Set<string>();
  for (const [i, scenario] of story.scenarios.entries()) {
    console.log(`\n${paint.bold(`${i + 1}. ${scenario.title}`)}`);
    say(scenario.story);
    const [plain, guarded] = await (early.get(scenario) ?? playSides(story, scenario));
    for (const warning of guarded.warnings.filter((text) => !warned.has(text))) {
      warned.add(warning);
      say(warning, "warning  ");
    }
    report(plain, false);
    report(guarded, true);
    const claims = [...always(guarded), ...scenario.claims(plain, guarded)];
    compared.push({ title: scenario.title, plain, guarded, claims });
  }
  return compared;
}

type Sides = readonly [plain: Side, guarded: Side];

async function playSides(story: Story, scenario: Scenario): Promise<Sides> {
  const play = (guarded: boolean) => playSide(scenario, guarded, story.token?.());
  return scenario.sideBySide ? Promise.all([play(false), play(true)]) : [await play(false), await play(true)];
}

async function playSide(scenario: Scenario, guarded: boolean, token: string | undefined): Promise<Side> {
  const stage = await Stage.open(guarded, scenario.telegram, token);
  try {
    const { intended, told, conflicts = 0, unknown = [], warnings = [] } = await scenario.play(stage);
    const { ledger } = stage.telegram;
    const known = intended.filter((one) => !unknown.includes(one));
    return {
      ...tally(ledger, intended),
      unexplained: tally(ledger, known).missing,
      told,
      conflicts,
      warnings: [...warnings],
    };
  } finally {
    await stage.close();
  }
}

function report({ told, doubled, unexplained, floods }: Side, guarded: boolean): void {
  const mark = doubled + unexplained + floods > 0 ? paint.red("✗") : paint.green("✓");
  say(`${mark} ${told}`, nameOf(guarded).padEnd(9));
}

/** What holds in every scenario. */
const always = ({ doubled, unexplained }: Side): Claim[] => [
  [`with Sendonce nothing is doubled (${doubled} copies too many)`, doubled === 0],
  [`with Sendonce nothing is missing (${unexplained} messages)`, unexplained === 0],
];

function lastWord(compared: readonly Compared[]): string {
  const missing = compared.reduce((sum, { guarded }) => sum + guarded.missing, 0);
  if (missing === 0) return "with Sendonce: nothing doubled, nothing missing";
  return `with Sendonce: nothing doubled, nothing missing but ${missing} in flight at a kill, reported as AMBIGUOUS`;
}
