import { OutputWatch, readAlong } from "./output-watch.js";

/**
 * Reads along with all that the run prints: reporters, tests, warnings and what workers write. A canary in it fails
 * the run.
 */
export default function setup(): () => void {
  const watch = new OutputWatch();
  const stops = [process.stdout, process.stderr].map((stream) => readAlong(stream, watch));
  return function teardown() {
    for (const stop of stops) stop();
    if (watch.found.size === 0) return;
    process.exitCode = 1;
    throw new Error(`the run printed what nobody may read:\n${[...watch.found].join("\n")}`);
  };
}
