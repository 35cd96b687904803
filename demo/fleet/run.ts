import { tell } from "../story.js";
import { say } from "../style.js";
import { untilInterrupted } from "./interrupted.js";
import { RedisCorner } from "./redis-corner.js";
import { broadcast } from "./scenarios/broadcast.js";
import { cron } from "./scenarios/cron.js";
import { killed } from "./scenarios/killed.js";
import { slowWebhook } from "./scenarios/slow-webhook.js";
import { endAllWorkers } from "./worker.js";

/**
 * The bots as several processes that share the Redis of REDIS_URL. Nothing of them is left behind.
 * @throws Error that names the remedy, when that Redis is of no use
 */
export async function runFleets(redisUrl: string): Promise<boolean> {
  const corner = await RedisCorner.open(redisUrl);
  const story = {
    title: "Sendonce demo: one grammY bot as three processes, without and with install(bot).",
    preface: "A local Telegram on 127.0.0.1 delivers, limits and loses as the real one does.",
    scenarios: [slowWebhook, cron, broadcast, killed].map((scenario) => scenario(corner.url)),
    token: () => corner.token(),
  };
  try {
    return await untilInterrupted(tell(story));
  } finally {
    await endAllWorkers();
    await corner.clear().catch(({ message }: Error) => {
      const told = `Redis does not answer any more (${message}); without it every process guards itself alone.`;
      say(`${told} The demo's keys in it expire by themselves, within a day.`, "warning  ");
    });
  }
}
