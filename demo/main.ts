/**
 * `pnpm demo`: bots with and without Sendonce against a local Telegram; with REDIS_URL=… as several processes; or
 * BOT_TOKEN=… CHAT_ID=… against the real one. `pnpm demo --observe` (with REDIS_URL) runs bots to look at, by metrics and
 * by `npx sendonce top`, for a minute or `--observe=SECONDS`.
 */
import { embedded } from "./embedded.js";
import { Interrupted } from "./fleet/interrupted.js";
import { runFleets } from "./fleet/run.js";
import { runObserved } from "./observe/run.js";
import { observedSeconds } from "./observe/seconds.js";
import { runAgainstTelegram } from "./real.js";
import { realTarget } from "./real-target.js";
import { tell } from "./story.js";
import { paint, say } from "./style.js";

// Bots of this process keep to its memory: with REDIS_URL set, a second run would replay the messages of the first.
const { REDIS_URL } = process.env;
delete process.env.REDIS_URL;

// Node would print warnings in the middle of a progress bar; here they are part of the story.
process.removeAllListeners("warning");
process.on("warning", ({ message }) => say(message, "warning  "));

try {
  process.exitCode = (await run()) ? 0 : 1;
} catch (error) {
  console.error(paint.red(`demo: ${error instanceof Error ? error.message : String(error)}`));
  // auto-retry would go on for ever against a Telegram that is gone
  process.exit(error instanceof Interrupted ? error.exitCode : 1);
}

function run(): Promise<boolean> {
  const seconds = observedSeconds(process.argv.slice(2));
  if (seconds !== undefined) return runObserved(REDIS_URL, seconds);
  const target = realTarget(process.env);
  if (target) return runAgainstTelegram(target);
  return REDIS_URL?.trim() ? runFleets(REDIS_URL) : tell(embedded);
}
