import type { Scenario } from "../../scenario.js";
import { pause, type Stage } from "../../stage.js";
import { Fleet } from "../fleet.js";
import type { Failure, Job } from "../job.js";

const perProcess = 30;
const news = "The shop opens at nine.";
/** How long Telegram takes for an answer: time enough to be killed in. */
const answerMs = 120;
/** How many of its chats the process has served when it is killed. */
const servedAtTheKill = 12;
/** Sends at a time: no more can be in flight at the kill. */
const width = 4;

/** The chats of one process: each has a third of the list. */
const chatsOf = (index: number): number[] =>
  Array.from({ length: perProcess }, (_, i) => 1_001 + index * perProcess + i);

const jobOf = (index: number): Job => ({ kind: "broadcast", chats: chatsOf(index), text: news, width });
const chats = [0, 1, 2].flatMap(chatsOf);

export const killed = (redisUrl: string): Scenario => ({
  title: "kill -9 in mid-broadcast",
  story:
    "Three processes share a broadcast to 90 chats, 30 each and four at a time; one is killed (SIGKILL) in the middle, started again, and begins its 30 chats from the top. (This began along with the first scenario: what a dead process had in flight is held for 30 s.)",
  sideBySide: true,
  startsEarly: true,

  async play(stage) {
    const { ledger } = stage.telegram;
    stage.telegram.fault({
      kind: "slow",
      method: "sendMessage",
      ms: answerMs,
      commit: "before",
      times: Number.POSITIVE_INFINITY,
    });
    const fleet = await Fleet.start(stage, redisUrl);
    try {
      const [, ...others] = fleet.workers.map((worker, i) => quietly(worker.do(jobOf(i))));
      await inTheMiddle(stage);
      await fleet.workers[0]?.kill();
      const servedBefore = chatsOf(0).filter((chat) => ledger.count({ chat }) > 0).length;
      const restarted = await fleet.restart(0);
      const [failures = []] = await Promise.all([restarted.do(jobOf(0)), ...others]);
      const ambiguous = failures.filter(({ code }) => code === "ambiguous");
      const twice = chats.filter((chat) => ledger.count({ chat }) > 1).length;
      const intended = chats.map((chat) => ({ chat, text: news }));
      return {
        intended,
        conflicts: ambiguous.length,
        unknown: intended.filter((one) => ambiguous.some(({ chat }) => chat === one.chat)),
        told: `it was killed after ${servedBefore} of its 30 chats; ${twice === 0 ? "nobody was" : `${twice} people were`} served twice.${stage.guarded ? inFlight(ambiguous, stage) : ""}`,
        warnings: fleet.warnings,
      };
    } finally {
      await fleet.close();
    }
  },

  claims: (plain, guarded) => [
    ["without Sendonce the restarted process serves people again", plain.doubled > 0],
    ["with Sendonce no more is uncertain than was in flight", guarded.conflicts <= width],
  ],
});

/** A job whose process may be killed before anybody asks for its end. */
function quietly<T>(job: Promise<T>): Promise<T> {
  job.catch(() => {});
  return job;
}

/** Waits until the first process has served some of its chats and waits for an answer. */
async function inTheMiddle({ telegram: { ledger } }: Stage): Promise<void> {
  const until = performance.now() + 15_000;
  const mine = new Set<number | undefined>(chatsOf(0));
  for (;;) {
    const sends = ledger.requests({ method: "sendMessage" }).filter(({ chat }) => mine.has(chat));
    const open = sends.some(({ status, at }) => status === 0 && Date.now() - at < answerMs / 3);
    if (open && sends.filter(({ committed }) => committed).length >= servedAtTheKill) return;
    if (performance.now() > until) throw new Error("the broadcast never came to its middle");
    await pause(5);
  }
}

/** What is to be said about sends whose process died before it heard of their outcome. */
function inFlight(ambiguous: readonly Failure[], { telegram }: Stage): string {
  if (ambiguous.length === 0) return " No send was in flight at the kill.";
  const arrived = ambiguous.filter(({ chat }) => telegram.ledger.count({ chat }) > 0).length;
  return ` In flight at the kill: ${ambiguous.length}; nobody can tell the bot whether they arrived (here ${arrived} did), so they are reported as AMBIGUOUS (409), not repeated: a message can be missing.`;
}
