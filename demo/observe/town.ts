import { pause, type Stage } from "../stage.js";

/** How often people write, in ms. */
const stepMs = 200;
const people = Array.from({ length: 25 }, (_, i) => 1_001 + i);
const group = -4_001;
const blocker = 1_101;

/** What happens at every n-th step, beside people who write. */
const incidents: readonly (readonly [everySteps: number, happen: (stage: Stage, step: number) => void])[] = [
  [7, (stage, step) => stage.say(group, `hello all ${step}`)],
  [20, (stage, step) => stage.say(1_201, `/pay ${step}`)],
  [15, (stage) => stage.say(blocker, "I am off")],
  [30, ({ telegram }) => telegram.fault({ kind: "429", chat: people[0]!, retryAfter: 2, enforce: true })],
  [60, ({ telegram }) => telegram.fault({ kind: "429", scope: "bot", retryAfter: 1, enforce: true })],
  [25, ({ telegram }) => telegram.fault({ kind: "cut-after", method: "sendMessage", chat: people[1]! })],
];

/** People write to the bot, and now and then something goes wrong, until the signal. */
export async function liveInTheTown(stage: Stage, signal: AbortSignal): Promise<void> {
  stage.telegram.chat(blocker, { blocked: true });
  for (let step = 1; !signal.aborted; step++) {
    stage.say(people[step % people.length]!, `hello ${step}`);
    for (const [everySteps, happen] of incidents) if (step % everySteps === 0) happen(stage, step);
    await pause(stepMs);
  }
}
