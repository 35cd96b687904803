import { type ApiResponse, createGuard, IdempotencyGuard } from "@sendonce/core";
import { redisStore } from "@sendonce/core/redis";
import { expect, onTestFinished, test } from "vitest";
import { keys } from "../kit/redis/commands.js";
import { sharedRedis } from "../kit/redis/server.js";
import { endOf, nastyTexts, silent } from "./kit/hostile.js";

const message = { message_id: 1, date: 1, chat: { id: 7, type: "private" } };

/** A guard with limits on a Redis, before a Telegram that answers as told. */
async function limited() {
  const { url, botId, prefix, client } = await sharedRedis();
  const store = redisStore(url, { redis: {} });
  onTestFinished(() => store.close());
  const guard = createGuard({ store, maxWaitMs: 200, logger: silent });
  const call = (
    payload: object,
    body: unknown = { ok: true, result: message },
    method = "sendMessage",
    bot = `${botId}`,
  ) =>
    guard.run({ bot, method, payload: { ...payload } }, async () => ({
      type: "response",
      body: body as ApiResponse,
    }));
  return { admin: client(), prefix, call };
}

const foreign =
  /^ConfigurationError: a key of sendonce:\{\d+\}:… in Redis holds a value that is not Sendonce's/;

test.each([
  ...["nan", "inf", "-inf", "0x10", "1e9", "1e309", " 5", "5 ", "1".repeat(17), "9".repeat(30)],
  ...["b0,99999999999999999,0,0,0", "b0,0,0,0,0,p1,99999999999999999999,0", `b${"9".repeat(30)},0,0,0,0`],
  ...["w0,0,0,0,0,5,0:xx", "w0,0,0,0,0,5,9:xxxxxxxxx", "w0,0,0,0,0,5,4:xx", "w0,0,0,0,0", "w0,0,0,0,0,5,4"],
])("a limit that somebody has changed into %s is named, at once, and left alone", async (value) => {
  const { admin, prefix, call } = await limited();
  await admin.set(`${prefix}1:l:chat:7`, value);
  expect(await endOf(call({ chat_id: 7, text: "a" }))).toMatch(foreign);
  expect(await admin.get(`${prefix}1:l:chat:7`)).toBe(value);
});

test.each<[unknown, number]>([
  ...([1e308, 1e15, Infinity, "1e309"] as const).map((after): [unknown, number] => [after, 604_800]),
  ...([-5, 0, Number.NaN, "soon", [5], { valueOf: 1, toString: 1 }, null] as const).map(
    (after): [unknown, number] => [after, 1],
  ),
])(
  "retry_after %j stops a chat for a week at most, and for a second at least",
  async (retry_after, seconds) => {
    const { admin, prefix, call } = await limited();
    const flood = { ok: false, error_code: 429, description: "slow", parameters: { retry_after } };
    expect((await call({ chat_id: 7, text: "a" }, flood)).status).toBe("failed");
    const next = await call({ chat_id: 7, text: "b" });
    expect(next.status).toBe("rate_limited");
    expect(Math.round((next as { retryAfterMs: number }).retryAfterMs / 1000)).toBe(seconds);
    expect(await admin.get(`${prefix}1:l:chat:7`)).toMatch(/^b\d+,\d{16},/);
  },
);

test("an answer whose description is no text is a refusal like any other", async () => {
  const { call } = await limited();
  const refusal = { ok: false, error_code: 400, description: { toString: 1 } };
  expect((await call({ chat_id: 7, media: [1, 2] }, refusal, "sendMediaGroup")).status).toBe("failed");
});

test("a chat that is neither an id nor a username is hashed: keys are short, and hold no text", async () => {
  const { admin, prefix, call } = await limited();
  for (const chat_id of [
    ...nastyTexts,
    "x".repeat(1_000_000),
    "a text in the wrong field",
    Infinity,
    2 ** 80,
  ]) {
    await call({ chat_id, text: "a", business_connection_id: chat_id });
    await call({ chat_id, text: "a" });
  }
  const rules = (await keys(admin, `${prefix}*`)).filter((key) => key.startsWith(`${prefix}1:l:`));
  expect(rules.length).toBeGreaterThan(50);
  const name = "(-?\\d{1,20}|@\\w{1,64}|#[\\w-]{22})?";
  const ordinary = new RegExp(
    `^.{20,40}:l:(global|chat:([\\w-]{1,128}/|#[\\w-]{22}/)?${name}|method:sendMessage|floods:\\d+)$`,
  );
  expect(rules.filter((key) => !ordinary.test(key))).toEqual([]);
});

test.each(["", "{}", "a}b", "a b", "ä", "\n", "x".repeat(65)])(
  "a bot called %j is refused: it would move the hash tag",
  async (bot) => {
    const { admin, call } = await limited();
    const before = await keys(admin);
    expect(await endOf(call({ chat_id: 7, text: "a" }, undefined, "sendMessage", bot))).toMatch(
      /^ConfigurationError: the name of a bot must be/,
    );
    expect((await keys(admin)).filter((key) => !before.includes(key))).toEqual([]);
  },
);

test("the result of an operation that somebody has changed is told as completed, without it, and without quoting it", async () => {
  const { url, botId, prefix, client } = await sharedRedis();
  const store = redisStore(url, { redis: {} });
  onTestFinished(() => store.close());
  const operations = new IdempotencyGuard({ store, namespace: `${botId}` });
  const start = await operations.markOperationStart("order-42");
  if (start.started) await operations.markOperationComplete("order-42", start.owner, { paid: true });
  const [record] = await keys(client(), `${prefix}1:r:p*`);
  await client().set(record as string, `D|${(Date.now() + 60_000) * 1000}||{"cut off`);
  expect(await operations.isDuplicate("order-42")).toEqual({ duplicate: true, status: "completed" });
  expect(await operations.markOperationStart("order-42")).toEqual({ started: false, status: "completed" });
});
