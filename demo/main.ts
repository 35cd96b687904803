/** `pnpm demo`: bots with and without Sendonce against a local Telegram; or BOT_TOKEN=… CHAT_ID=… against the real one. */
import { runAgainstTelegram } from "./real.js";
import { realTarget } from "./real-target.js";
import { runScenarios } from "./story.js";
import { paint, say } from "./style.js";

// Everything stays in this process: with REDIS_URL set, a second run would replay the messages of the first.
delete process.env.REDIS_URL;

// Node would print warnings in the middle of a progress bar; here they are part of the story.
process.removeAllListeners("warning");
process.on("warning", ({ message }) => say(message, "warning  "));

try {
  const target = realTarget(process.env);
  const kept = target ? await runAgainstTelegram(target) : await runScenarios();
  process.exitCode = kept ? 0 : 1;
} catch (error) {
  console.error(paint.red(`demo: ${error instanceof Error ? error.message : String(error)}`));
  process.exit(1); // auto-retry would go on for ever against a Telegram that is gone
}
