import { pause, type Stage } from "./stage.js";
import type { Intended } from "./tally.js";

/** How often each person writes, and how long one round of all of them takes, in ms. */
export interface Pace {
  readonly rounds: number;
  readonly roundMs: number;
}

/** People write to the bot one after the other; what it should answer goes to `intended`. */
export async function writeInTurn(
  stage: Stage,
  people: readonly number[],
  { rounds, roundMs }: Pace,
  intended: Intended[],
): Promise<void> {
  for (let round = 1; round <= rounds; round++) {
    for (const person of people) {
      await pause(roundMs / people.length);
      const askedAt = stage.say(person, `hello ${round}`);
      intended.push({ chat: person, text: `You said: hello ${round}`, askedAt });
    }
  }
}
