import { SingleBar } from "cli-progress";
import type { BroadcastProgress } from "../broadcast/progress.js";
import { inWords } from "./duration.js";

/**
 * Shows how far a broadcast is: a bar in a terminal, a line every ten seconds elsewhere. `cli-progress` draws it and
 * must be installed beside this package.
 *
 * @param run what `broadcast()` returned
 * @param stream where to show it: standard error unless told, so that output stays clean
 * @returns the broadcast's last progress; rejects as the broadcast does. Who awaits the broadcast itself need not wait
 * @example
 * const { failures } = await progressBar(broadcast(bot, users, "News", { id: "news-2026-05" }));
 */
export function progressBar(
  run: AsyncIterable<BroadcastProgress>,
  stream: NodeJS.WritableStream = process.stderr,
): Promise<BroadcastProgress> {
  const shown = show(run, stream);
  // The broadcast's own promise tells it too.
  shown.catch(() => {});
  return shown;
}

/** Between two lines where there is no terminal, in ms. */
const lineEveryMs = 10_000;

/** Without a total there is no bar to fill. */
const formats = {
  bar: "{bar} {value}/{total} · {rate}/s · {rest} · {failed} failed",
  count: "{value} · {rate}/s · {rest} · {failed} failed",
};

async function show(
  run: AsyncIterable<BroadcastProgress>,
  stream: NodeJS.WritableStream,
): Promise<BroadcastProgress> {
  let bar: SingleBar | undefined;
  let last: BroadcastProgress | undefined;
  try {
    for await (const progress of run) {
      last = progress;
      const { done, total } = progress;
      if (bar) bar.update(done, words(progress));
      else {
        bar = barOn(stream, total === undefined ? formats.count : formats.bar);
        bar.start(total ?? 0, done, words(progress));
      }
    }
    return last as BroadcastProgress;
  } finally {
    bar?.stop();
  }
}

/** Touches neither the cursor nor the terminal's line wrapping: after Ctrl-C nobody would set them right again. */
const barOn = (stream: NodeJS.WritableStream, format: string): SingleBar =>
  new SingleBar({
    stream,
    format,
    barsize: 25,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    linewrap: true,
    noTTYOutput: true,
    notTTYSchedule: lineEveryMs,
  });

function words({ state, failed, perSecond, leftMs }: BroadcastProgress) {
  const left = leftMs === undefined ? state : `${inWords(leftMs)} left`;
  return { failed, rate: perSecond.toFixed(1), rest: state === "running" ? left : state };
}
