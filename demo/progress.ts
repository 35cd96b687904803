import { SingleBar } from "cli-progress";
import { nameOf, paint } from "./style.js";
import type { Tally } from "./tally.js";

/** Shows how far a side is, as its ledger says: a bar on a terminal, a line now and then elsewhere. */
export function showProgress(guarded: boolean, total: number, read: () => Tally & { done: number }) {
  const colour = guarded ? paint.green : paint.yellow;
  const bar = new SingleBar({
    stream: process.stdout,
    format: `   ${nameOf(guarded).padEnd(9)}${colour("{bar}")} {value}/{total} · 429s {floods} · longest reply delay {delay} ms`,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 25,
    hideCursor: true,
    noTTYOutput: true,
    notTTYSchedule: 2_000,
  });
  const refresh = () => {
    const { done, floods, longestReplyMs = 0 } = read();
    bar.update(done, { floods, delay: longestReplyMs.toLocaleString("en-US") });
  };
  bar.start(total, 0, { floods: 0, delay: 0 });
  const timer = setInterval(refresh, 100);
  return {
    /** The last state, then no more. */
    stop(): void {
      clearInterval(timer);
      refresh();
      bar.stop();
    },
  };
}
