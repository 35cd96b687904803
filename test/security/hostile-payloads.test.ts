import { createGuard, delivery, memoryStore, type Payload } from "@sendonce/core";
import { redisStore } from "@sendonce/core/redis";
import fc from "fast-check";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { keys } from "../kit/redis/commands.js";
import { sharedRedis } from "../kit/redis/server.js";
import { endOf, expectNoPollution, runs, silent, texts, timed, values } from "./kit/hostile.js";

const message = { message_id: 1, date: 1, chat: { id: 7, type: "private" } };
const patient = { limits: false, maxWaitMs: 1_000, logger: silent } as const;

afterEach(expectNoPollution);

/** A guard in memory before a Telegram that says yes, or what it is told to. */
function guardedTelegram(answer: unknown = message) {
  const guard = createGuard({ ...patient, store: memoryStore() });
  let requests = 0;
  const send = (payload: unknown, method = "sendMessage") =>
    guard.run({ bot: "1", method, payload: payload as Payload }, async () => {
      requests++;
      return { type: "response", body: { ok: true, result: answer } };
    });
  return { send, requests: () => requests };
}

/** What a payload may end in: it goes out, or it is named as one that nobody can send. */
const fair = /^(sent|replayed|ConfigurationError: payload.* (is a BigInt|contains itself|is nested deeper))/s;

describe("a payload of anything", () => {
  test("goes out once, or is refused by the name of the field that cannot be sent", async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(texts, values, { maxKeys: 5 }), async (payload) => {
        const { send, requests } = guardedTelegram();
        const first = await endOf(send(payload));
        const second = await endOf(send(payload));
        expect(first).toMatch(fair);
        expect(second).toMatch(fair);
        expect(requests()).toBe(first.startsWith("Conf") ? 0 : 1);
      }),
      runs(150),
    );
  });

  test("leaves nothing in Redis but keys of its own bot", async () => {
    const { url, botId, prefix, client } = await sharedRedis();
    const store = redisStore(url, { redis: {} });
    onTestFinished(() => store.close());
    const guard = createGuard({ ...patient, store });
    const admin = client();
    const others = new Set(await keys(admin));
    await fc.assert(
      fc.asyncProperty(
        fc.record({ chat_id: texts, text: values, key: texts }),
        async ({ chat_id, text, key }) => {
          const payload = { chat_id: chat_id.slice(0, 100), text, ...(key !== "" && delivery({ key })) };
          const call = { bot: `${botId}`, method: "sendMessage", payload };
          const ended = await endOf(
            guard.run(call, async () => ({ type: "response", body: { ok: true, result: message } })),
          );
          expect(ended).toMatch(/^(sent|replayed|mismatch|ConfigurationError: payload)/);
        },
      ),
      runs(150),
    );
    const written = (await keys(admin)).filter((key) => !others.has(key));
    expect(written.length).toBeGreaterThan(20);
    expect(written.filter((key) => !key.startsWith(`${prefix}1:`))).toEqual([]);
    const records = written.filter((key) => key.startsWith(`${prefix}1:r:`));
    expect(records.filter((key) => !/:r:[cko][\w-]{22,40}$/.test(key))).toEqual([]);
  });

  test("whose getter or proxy throws fails with that very error, and sends nothing", async () => {
    const own = new Error("mine");
    const getter = Object.defineProperty({ chat_id: 7 }, "text", {
      enumerable: true,
      get: () => {
        throw own;
      },
    });
    const proxy = {
      chat_id: 7,
      text: new Proxy(
        {},
        {
          ownKeys: () => {
            throw own;
          },
        },
      ),
    };
    for (const payload of [getter, proxy]) {
      const { send, requests } = guardedTelegram();
      await expect(send(payload)).rejects.toBe(own);
      expect(requests()).toBe(0);
    }
  });

  test("is refused when it contains itself or has no bottom", async () => {
    const circle: { text: object } = { text: {} };
    circle.text = circle;
    let pit: object = {};
    for (let depth = 0; depth < 100_000; depth++) pit = depth % 2 ? [pit] : { a: pit };
    const { send } = guardedTelegram();
    expect(await endOf(send(circle))).toMatch(/^ConfigurationError: payload contains itself/);
    expect(await endOf(send({ text: pit }))).toMatch(
      /^ConfigurationError: payload\.text\S* is nested deeper than 512/,
    );
  });
});

describe("a giant", () => {
  /** Of computing, for two sends on a slow core; ordinarily it is a tenth. */
  const boundMs = 3_000;

  test.for<[string, () => Payload]>([
    ["text of 10 MB", () => ({ text: "ä".repeat(10_000_000) })],
    [
      "object of 100,000 fields",
      () => Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`f${i}`, i])),
    ],
    ["list of 100,000 objects", () => ({ list: Array.from({ length: 100_000 }, (_, i) => ({ i })) })],
    ["view of 100 MB", () => ({ photo: Buffer.alloc(100_000_000) })],
    ["key of 1 MB", () => ({ text: "a", ...delivery({ key: "k".repeat(1_000_000) }) })],
    ["text of a million lone surrogates", () => ({ text: "\ud800".repeat(1_000_000) })],
  ])("%s goes out once, in bounded time", async ([, make]) => {
    const payload = { chat_id: 7, ...make() };
    const { send, requests } = guardedTelegram();
    const { result, busyMs } = await timed(async () => [
      await endOf(send(payload)),
      await endOf(send(payload)),
    ]);
    expect(result).toEqual(["sent", "replayed"]);
    expect(requests()).toBe(1);
    expect(busyMs).toBeLessThan(boundMs);
  });
});

describe("an answer of anything", () => {
  test("is handed on as it is, and replayed, without an error", async () => {
    const shape = fc.oneof(
      values.filter((value) => value !== undefined),
      fc.record({ message_id: values, date: values, chat: values, photo: values, poll: values }),
    );
    await fc.assert(
      fc.asyncProperty(
        shape,
        fc.constantFrom("sendMessage", "sendMediaGroup", "copyMessage", "sendPoll"),
        async (answer, method) => {
          const { send, requests } = guardedTelegram(answer);
          const first = await send({ chat_id: 7, text: "a" }, method);
          if (first.status === "sent") expect(first.result).toBe(answer);
          expect(await endOf(send({ chat_id: 7, text: "a" }, method))).toMatch(/^(replayed|ambiguous)$/);
          expect(requests()).toBe(1);
        },
      ),
      runs(150),
    );
  });
});
