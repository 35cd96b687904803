import { createGuard, type Guard, type GuardOptions, IdempotencyGuard } from "@sendonce/core";
import { redisStore } from "@sendonce/core/redis";
import fc from "fast-check";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { sharedRedis } from "../kit/redis/server.js";
import { endOf, expectNoPollution, runs, silent } from "./kit/hostile.js";

const message = { message_id: 4711, date: 1, chat: { id: 7, type: "private" }, text: "Paid!" };

afterEach(expectNoPollution);

/** Processes on one Redis, whose records somebody else changes. */
async function fleet(options: GuardOptions = {}) {
  const { url, botId, prefix, client } = await sharedRedis();
  const admin = client();
  let requests = 0;
  const guards: Guard[] = [];
  for (let i = 0; i < 2; i++) {
    const store = redisStore(url, { redis: {} });
    onTestFinished(() => store.close());
    guards.push(createGuard({ store, limits: false, maxWaitMs: 200, logger: silent, ...options }));
  }
  const [first, second] = guards as [Guard, Guard];
  const send = (guard: Guard, text: string) => {
    const call = { bot: `${botId}`, method: "sendMessage", payload: { chat_id: 7, text } };
    return guard.run(call, async () => {
      requests++;
      return { type: "response", body: { ok: true, result: message } };
    });
  };
  return { admin, prefix, url, first, second, send, requests: () => requests };
}

/** What a record that somebody else has written over means: somebody else's value is named, and nothing is sent. */
const foreign =
  /^ConfigurationError: a key of sendonce:\{\d+\}:… in Redis holds a value that is not Sendonce's/;

describe("a record of a sent message that somebody has changed", () => {
  test("into any bytes is named, and the message is not sent again", async () => {
    const { admin, prefix, first, second, send, requests } = await fleet();
    let texts = 0;
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
      fc.stringMatching(/^[DASR]\|[|\d:a-z,]{0,40}$/).map((text) => Buffer.from(text)),
      fc
        .constantFrom("", "D", "D|", "A|o|0", "S|||||", "E2|of the|future", "2|D|1|")
        .map((text) => Buffer.from(text)),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (value) => {
        const text = `text ${texts++}`;
        const { key } = await send(first, text);
        await admin.set(`${prefix}1:r:${key}`, value);
        const sent = requests();
        const end = await endOf(send(second, text));
        // A well-formed one whose time is over is what an expired record looks like: the key is free.
        if (end !== "sent") expect(end).toMatch(foreign);
        else expect(value.toString("latin1")).toMatch(/^[DASR]\|.*\d/);
        expect(requests() - sent).toBe(end === "sent" ? 1 : 0);
      }),
      runs(100),
    );
  });

  test("by cutting it off is named, or replayed without what was lost, and the message is not sent again", async () => {
    const { admin, prefix, first, second, send, requests } = await fleet();
    const { key } = await send(first, "whole");
    const whole = (await admin.get(`${prefix}1:r:${key}`)) as string;
    expect(whole).toMatch(/^D\|\d+\|\|h\[4711,1\]$/);
    for (let length = 0; length < whole.length; length++) {
      await admin.set(`${prefix}1:r:${key}`, whole.slice(0, length));
      expect(await endOf(send(second, "whole")), whole.slice(0, length)).toMatch(
        length < whole.indexOf("||") + 2 ? foreign : /^replayed$/,
      );
    }
    expect(requests()).toBe(1);
  });

  test("into another type of key is named, and left alone", async () => {
    const { admin, prefix, first, second, send, requests } = await fleet();
    const { key } = await send(first, "typed");
    const name = `${prefix}1:r:${key}`;
    await admin.del(name);
    await admin.hset(name, "a", "b");
    expect(await endOf(send(second, "typed"))).toMatch(foreign);
    expect([await admin.type(name), requests()]).toEqual(["hash", 1]);
  });

  test.each([
    ['h[1,1,{"photo":{"toString":1},"p":["x"],"__proto__":{"polluted":true}}]'],
    ['m[1,1,1,{"toString":1}]'],
    ['m[1,1,1,["map"]]'],
    ['m[1,1,1,2,{"photo":{"toString":1},"p":["x"],"__proto__":{"polluted":true}}]'],
    ['l[[1,1,1],[2,2,2,{"valueOf":1}]]'],
    ["l[]"],
    ['i{"message_id":1}'],
    ["i[1,{},null]"],
    ['j{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'],
    ["jnull"],
    [`j${"[".repeat(100_000)}${"]".repeat(100_000)}`],
    ["e"],
    ["eDeciphered"],
    ["?later"],
  ])("into the result %.40s is replayed, as a fresh plain object, and pollutes nothing", async (result) => {
    const { admin, prefix, first, second, send, requests } = await fleet();
    const { key } = await send(first, "result");
    const expires = (Date.now() + 60_000) * 1000;
    await admin.set(`${prefix}1:r:${key}`, `D|${expires}||${result}`);
    const delivery = await send(second, "result");
    expect(delivery.status).toBe("replayed");
    expect(() => JSON.stringify(delivery)).not.toThrow();
    expect(requests()).toBe(1);
  });

  test("into one whose time never ends can be blocked or replayed for ever: who may write here is trusted", async () => {
    const { admin, prefix, first, second, send, requests } = await fleet();
    const { key } = await send(first, "owned");
    const never = "9".repeat(16);
    const name = `${prefix}1:r:${key}`;
    await admin.set(name, `S|somebody|0|${never}|${never}|0||`);
    expect(await endOf(send(second, "owned"))).toBe("busy");
    await admin.set(name, `A|somebody|0|${never}|`);
    expect(await endOf(send(second, "owned"))).toBe("ambiguous");
    await admin.del(name);
    expect(await endOf(send(second, "owned"))).toBe("sent");
    expect(requests()).toBe(2);
  });
});

describe("a limit that somebody has changed", () => {
  test.each(["", "garbage", "b1,2,3", "w", "[object Object]", "\0\0"])(
    "into %j is named, and left alone",
    async (value) => {
      const { admin, prefix, first, send, requests } = await fleet({ limits: "conservative" });
      await admin.set(`${prefix}1:l:chat:7`, value);
      expect(await endOf(send(first, "limited"))).toMatch(foreign);
      expect([await admin.get(`${prefix}1:l:chat:7`), requests()]).toEqual([value, 0]);
    },
  );
});

describe("what rides on a key or an argument", () => {
  test("is never run: owners, keys and operations are data", async () => {
    const { url, prefix, botId, client } = await sharedRedis();
    const admin = client();
    await admin.set(`${prefix}canary`, "alive");
    const store = redisStore(url, { redis: {} });
    onTestFinished(() => store.close());
    const operations = new IdempotencyGuard({ store, namespace: `${botId}` });
    for (const text of [
      "' .. redis.call('FLUSHALL') .. '",
      "]] redis.call('FLUSHALL') --[[",
      "\r\n*1\r\n$8\r\nFLUSHALL\r\n",
    ]) {
      const start = await operations.markOperationStart(text);
      expect(start.started).toBe(true);
      expect(await operations.markOperationComplete(text, text)).toBe(false);
      expect(await operations.renew(text, text)).toBe(false);
      expect(await operations.markOperationComplete(text, start.owner!, { text })).toBe(true);
      expect(await operations.isDuplicate(text)).toEqual({
        duplicate: true,
        status: "completed",
        result: { text },
      });
    }
    expect(await admin.get(`${prefix}canary`)).toBe("alive");
  });
});
