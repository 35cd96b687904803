import { beforeAll, describe, expect, test } from "vitest";
import type { RedisServer } from "../kit/redis/server.js";
import { begin, bucketsIn, lasted, pass, type RealWorld, ready } from "./real-world.js";

const groupToken = "5003:secret";
const quietToken = "5004:secret";
const [group, quietGroup] = [-100, -200] as const;

/** A group's minute, most of which it sleeps: it begins before anything else in its file and is asked last. */
export function groupMinute(world: RealWorld): { laws(): void } {
  let server: RedisServer;
  let groups: Promise<unknown>;

  beforeAll(async () => {
    server = await world.redis();
    const sender = (i: number) => ({
      BOT_TOKEN: groupToken,
      CHAT: `${group}`,
      COUNT: `${i < 2 ? 9 : 8}`,
      FIRST: `${i}`,
      STEP: "3",
    });
    const senders = [0, 1, 2].map((i) => world.start("sender", server, sender(i)));
    senders.push(
      world.start("sender", server, { BOT_TOKEN: quietToken, CHAT: `${quietGroup}`, COUNT: "20" }),
    );
    await ready(senders);
    groups = begin(senders);
    groups.catch(() => {});
  }, 60_000);

  return { laws };

  function laws(): void {
    describe("26 sends to a group from 3 processes", () => {
      test("are all received within 64 s, and no request is answered 429", { timeout: 120_000 }, async () => {
        await groups;
        const times = world.arrivals(groupToken).map(({ at }) => at);
        expect(times).toHaveLength(26);
        expect(world.emulator.ledger.floods({ bot: groupToken })).toEqual([]);
        expect(lasted(times)).toBeLessThanOrEqual(64_000);
      });

      test("when its minute has passed, Redis holds nothing of a group's window", {
        timeout: 120_000,
      }, async () => {
        await groups;
        const quiet = world.arrivals(quietToken).map(({ at }) => at);
        expect(quiet).toHaveLength(20);
        await pass(Math.max(0, quiet.at(-1)! + 61_000 - Date.now()));
        const left = await bucketsIn(server);
        expect(left.filter((key) => key.endsWith(`:l:chat:${quietGroup}`))).toEqual([]);
        expect(left.filter((key) => key.endsWith(`:l:chat:${group}`))).toHaveLength(1);
      });
    });
  }
}
