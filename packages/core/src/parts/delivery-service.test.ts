import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { delivery } from "../delivery-options.js";
import { ConfigurationError, IdempotencyConflict, RateLimitExceeded, StoreUnavailable } from "../errors.js";
import { createGuard } from "../guard.js";
import { tokenBucket } from "../limiter/rules.js";
import type { GuardOptions } from "../options.js";
import { insideUpdate, openUpdate } from "../scope.js";
import { memoryStore } from "../store/memory.js";
import { VirtualClock } from "../testing/virtual-clock.js";
import { DeliveryService } from "./delivery-service.js";

const postData = { chatId: 7, text: "Paid!" };

/** A service and an API that answers what it is told to, one answer per call, then `{ message_id }`. */
function world(options: GuardOptions = {}) {
  const clock = new VirtualClock();
  const store = options.store ?? memoryStore({ clock });
  const another = () => new DeliveryService({ ...options, store, clock });
  const sent: unknown[] = [];
  const answers: (() => unknown)[] = [];
  const sendFunction = async (post: unknown) => {
    sent.push(post);
    return answers.length > 0 ? answers.shift()!() : { message_id: sent.length };
  };
  const service = another();
  const deliver = (
    more: Partial<Parameters<DeliveryService["sendWithReliabilityGuards"]>[0]> = {},
    by = service,
  ) => clock.run(by.sendWithReliabilityGuards({ deliveryId: "invoice-42", postData, sendFunction, ...more }));
  return { clock, store, service, another, sent, answers, deliver };
}

const throwing = (error: unknown) => () => {
  throw error;
};
const telegramError = (error_code: number, parameters = {}) =>
  Object.assign(new Error(`${error_code}: no`), { error_code, description: "no", parameters });

describe("a delivery", () => {
  it("goes out once, and its twin reports the same message", async () => {
    const { deliver, another, sent } = world();
    const first = await deliver();
    expect(first).toEqual({
      success: true,
      duplicate: false,
      rateLimited: false,
      messageId: 1,
      idempotencyKey: expect.stringMatching(/^k[\w-]{22}$/),
    });
    expect(await deliver()).toEqual({ ...first, duplicate: true });
    expect(await deliver({}, another())).toEqual({ ...first, duplicate: true });
    expect(sent).toEqual([postData]);
  });

  it("that 100 callers ask for at once goes out once", async () => {
    const { deliver, another, sent } = world();
    const services = Array.from({ length: 10 }, another);
    const reports = await Promise.all(Array.from({ length: 100 }, (_, i) => deliver({}, services[i % 10])));
    expect(sent).toHaveLength(1);
    expect(reports.every(({ success, messageId }) => success && messageId === 1)).toBe(true);
    expect(reports.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
  });

  it("is another one under another id, and in another chat", async () => {
    const { deliver, sent } = world();
    await deliver();
    await deliver({ deliveryId: "invoice-43" });
    await deliver({ postData: { chatId: 8, text: "Paid!" } });
    expect(sent).toHaveLength(3);
  });

  it("hands its post over as it is", async () => {
    const { deliver, sent } = world();
    const post = Object.freeze({ channelId: "@News", nested: Object.freeze({ a: 1 }) });
    await deliver({ postData: post });
    expect(sent[0]).toBe(post);
  });

  it("with other content under the same id is refused, not swallowed", async () => {
    const { deliver, sent } = world();
    await deliver();
    const other = await deliver({ postData: { chatId: 7, text: "Something else" } });
    expect(other).toMatchObject({ success: false, duplicate: true, error: { reason: "mismatch" } });
    expect(sent).toHaveLength(1);
  });

  it("with other content is a duplicate where the guard says so", async () => {
    const { deliver } = world({ idempotency: { onMismatch: "replay" } });
    await deliver();
    const other = await deliver({ postData: { chatId: 7, text: "Paid!", attempt: 2 } });
    expect(other).toMatchObject({ success: true, duplicate: true, messageId: 1 });
  });

  it("is remembered for idempotencyTtlMs", async () => {
    const { clock, deliver } = world();
    await deliver({ idempotencyTtlMs: 5_000 });
    await clock.advance(4_999);
    expect((await deliver({ idempotencyTtlMs: 5_000 })).duplicate).toBe(true);
    await clock.advance(1);
    expect((await deliver({ idempotencyTtlMs: 5_000 })).duplicate).toBe(false);
  });

  it.each([
    [{ chat_id: 7 }, "chat:7"],
    [{ chatId: "7" }, "chat:7"],
    [{ channel_id: -100 }, "chat:-100"],
    [{ channelId: "@News" }, "chat:@news"],
    [{ chat: { id: 7 } }, "chat:7"],
    [{ to: "anna" }, undefined],
  ])("knows its chat: %j", async (post, key) => {
    const { deliver, store } = world();
    const keys: string[] = [];
    const admit = store.admit.bind(store);
    store.admit = (request) => {
      keys.push(...request.rules.map((rule) => rule.key));
      return admit(request);
    };
    expect((await deliver({ postData: post })).success).toBe(true);
    expect(keys).toEqual([key ?? "method:sendMessage", "global"]);
  });

  it("pays the rule of the user that it names, also in a group", async () => {
    const { deliver } = world({
      limits: { user: tokenBucket({ capacity: 1, refillPerSecond: 1 }) },
      maxWaitMs: 0,
    });
    const post = { chatId: -100, userId: 9 };
    expect((await deliver({ deliveryId: "a", postData: post })).success).toBe(true);
    expect(await deliver({ deliveryId: "b", postData: post })).toMatchObject({
      rateLimited: true,
      retryAfterMs: 1_000,
    });
    expect((await deliver({ deliveryId: "c", postData: { chatId: -100, user_id: 8 } })).success).toBe(true);
  });
});

describe("what sendFunction answers", () => {
  it.each<[unknown, number | string | undefined]>([
    [{ message_id: 5, chat: { id: 7, type: "private" }, date: 1, text: "Paid!" }, 5],
    [{ messageId: 6 }, 6],
    [{ id: 7 }, 7],
    [{ id: "<a.b@mail.example>" }, "<a.b@mail.example>"],
    [
      [
        { message_id: 8, chat: { id: 7 }, date: 1 },
        { message_id: 9, chat: { id: 7 }, date: 1 },
      ],
      8,
    ],
    [{ ok: true, result: { message_id: 10 } }, 10],
    [true, undefined],
    [undefined, undefined],
    ["sent", undefined],
    [new Response("{}", { status: 200 }), undefined],
  ])("%j is a success, now and from the store", async (answer, messageId) => {
    const { deliver, another, answers } = world();
    answers.push(() => answer);
    const first = await deliver();
    expect(first).toMatchObject({ success: true, duplicate: false });
    expect(first.messageId).toBe(messageId);
    const again = await deliver({}, another());
    expect(again).toMatchObject({ success: true, duplicate: true });
    expect(again.messageId).toBe(messageId);
  });

  it.each<[string, () => unknown]>([
    ["a Bot API answer", () => ({ ok: false, error_code: 403, description: "blocked" })],
    ["a fetch Response", () => new Response("", { status: 403, statusText: "Forbidden" })],
    ["grammY's error", throwing(telegramError(403))],
    [
      "Telegraf's error",
      throwing(Object.assign(new Error(), { code: 403, response: { ok: false, error_code: 403 } })),
    ],
    ["axios' error", throwing(Object.assign(new Error(), { response: { status: 404, data: {} } }))],
    ["a connection never made", throwing(new TypeError("fetch failed", { cause: { code: "ECONNREFUSED" } }))],
    [
      "a connect timeout of node-fetch",
      throwing(Object.assign(new Error("…reason: connect ETIMEDOUT 1.2.3.4"), { code: "ETIMEDOUT" })),
    ],
  ])("%s: certainly not sent, so the next try sends", async (_, answer) => {
    const { deliver, sent, answers } = world();
    answers.push(answer);
    const first = await deliver();
    expect(first).toMatchObject({ success: false, duplicate: false, rateLimited: false });
    expect(first.error).toBeInstanceOf(Error);
    expect(await deliver()).toMatchObject({ success: true, duplicate: false, messageId: 2 });
    expect(sent).toHaveLength(2);
  });

  it.each<[string, () => unknown]>([
    ["an error that tells nothing", throwing(new Error("boom"))],
    ["something that is no error", throwing("boom")],
    ["a reset", throwing(Object.assign(new Error("socket hang up"), { code: "ECONNRESET" }))],
    ["a timeout", throwing(Object.assign(new Error(), { code: "ETIMEDOUT", syscall: "read" }))],
    ["a 502", throwing(telegramError(502))],
    ["a Response of 500", () => new Response("", { status: 500 })],
    ["a request timeout of a proxy", throwing(Object.assign(new Error(), { status: 408 }))],
    ["a refusal that tells nothing", () => ({ ok: false })],
  ])("%s: it may have been received, so it is not sent again", async (_, answer) => {
    const { deliver, sent, answers } = world();
    answers.push(answer);
    const first = await deliver();
    expect(first).toMatchObject({ success: false, duplicate: false, rateLimited: false });
    expect(first.error).toBeInstanceOf(Error);
    const again = await deliver();
    expect(again).toMatchObject({ success: false, duplicate: true, error: { reason: "ambiguous" } });
    expect(again.error).toBeInstanceOf(IdempotencyConflict);
    expect(sent).toHaveLength(1);
  });

  it("an error is handed on untouched", async () => {
    const { deliver, answers } = world();
    const error = telegramError(400);
    answers.push(throwing(error));
    expect((await deliver()).error).toBe(error);
  });

  it("a sendFunction that throws before it returns a promise is a failure as well", async () => {
    const { deliver } = world();
    const error = telegramError(400);
    expect(await deliver({ sendFunction: throwing(error) })).toMatchObject({ success: false, error });
  });
});

describe("limits", () => {
  it("a 429 stops the chat, and the delivery goes out when it may", async () => {
    const { clock, deliver, sent, answers } = world();
    answers.push(throwing(telegramError(429, { retry_after: 5 })));
    const from = clock.now();
    expect(await deliver()).toMatchObject({ success: true, messageId: 2 });
    expect(clock.now() - from).toBeGreaterThanOrEqual(5_000);
    expect(sent).toHaveLength(2);
  });

  it("a 429 that lasts longer than the caller waits is reported, and the delivery stays free", async () => {
    const { clock, deliver, answers } = world();
    answers.push(() => new Response("", { status: 429, headers: { "retry-after": "60" } }));
    const limited = await deliver({ maxRateLimitWaitMs: 1_000 });
    expect(limited).toMatchObject({
      success: false,
      duplicate: false,
      rateLimited: true,
      retryAfterMs: 60_000,
    });
    const frozen = await deliver({ maxRateLimitWaitMs: 1_000 });
    expect(frozen).toMatchObject({ success: false, rateLimited: true, retryAfterMs: 60_000 });
    expect(frozen.error).toBeInstanceOf(RateLimitExceeded);
    await clock.advance(60_000);
    expect((await deliver()).success).toBe(true);
  });

  it("waiting never gives up after one try", async () => {
    const { deliver, sent } = world({ limits: { chat: tokenBucket({ capacity: 1, refillPerSecond: 1 }) } });
    const reports = await Promise.all([0, 1, 2, 3, 4, 5].map((i) => deliver({ deliveryId: `d${i}` })));
    expect(reports.every(({ success }) => success)).toBe(true);
    expect(sent).toHaveLength(6);
  });

  it("a turn that is too far away is refused at once", async () => {
    const { clock, deliver } = world({
      limits: { chat: tokenBucket({ capacity: 1, refillPerSecond: 0.1 }) },
    });
    await deliver({ deliveryId: "a" });
    const from = clock.now();
    const refused = await deliver({ deliveryId: "b", maxRateLimitWaitMs: 9_999 });
    expect(refused).toMatchObject({ success: false, rateLimited: true, retryAfterMs: 10_000 });
    expect(clock.now()).toBe(from);
  });

  it("an abort while it waits sends nothing", async () => {
    const { clock, deliver, sent } = world({
      limits: { chat: tokenBucket({ capacity: 1, refillPerSecond: 0.1 }) },
    });
    await deliver({ deliveryId: "a" });
    const controller = new AbortController();
    void clock.sleep(500).then(() => controller.abort());
    const report = await deliver({ deliveryId: "b", signal: controller.signal });
    expect(report).toMatchObject({ success: false, duplicate: false, rateLimited: false });
    expect(report.error?.name).toBe("AbortError");
    expect(sent).toHaveLength(1);
  });

  it("options that ride on the post count, the request's own first", async () => {
    const { deliver, clock } = world({
      limits: { chat: tokenBucket({ capacity: 1, refillPerSecond: 0.1 }) },
    });
    await deliver({
      deliveryId: "a",
      postData: { ...postData, ...delivery({ key: "never", ttlMs: 1_000 }) },
    });
    await clock.advance(1_000);
    const again = { deliveryId: "a", postData: { ...postData, ...delivery({ maxWaitMs: 0 }) } };
    expect(await deliver(again)).toMatchObject({ success: false, rateLimited: true });
    expect(await deliver({ ...again, maxRateLimitWaitMs: 60_000 })).toMatchObject({
      success: true,
      duplicate: false,
    });
  });
});

describe("the guard around it", () => {
  it("may be shared: deliveries count with what that bot sends", async () => {
    const clock = new VirtualClock();
    const guard = createGuard({ clock });
    const service = new DeliveryService(guard, { namespace: "4242" });
    const call = {
      bot: "4242",
      method: "sendMessage",
      payload: { chat_id: 7, text: "hi", ...delivery({ key: "x" }) },
    };
    await guard.run(call, async () => ({ type: "response", body: { ok: true, result: { message_id: 3 } } }));
    const request = { deliveryId: "x", postData: { chat_id: 7, text: "hi" }, sendFunction: async () => ({}) };
    expect(await service.sendWithReliabilityGuards(request)).toMatchObject({ duplicate: true, messageId: 3 });
    expect((await new DeliveryService(guard).sendWithReliabilityGuards(request)).duplicate).toBe(false);
  });

  it("is closed with the service that made it, and left open by the others", async () => {
    const guard = createGuard();
    await new DeliveryService(guard).close();
    const request = { deliveryId: "x", postData, sendFunction: async () => ({ message_id: 1 }) };
    expect((await new DeliveryService(guard).sendWithReliabilityGuards(request)).success).toBe(true);
    const service = new DeliveryService();
    await service.close();
    const report = await service.sendWithReliabilityGuards(request);
    expect(report).toMatchObject({ success: false, duplicate: false, idempotencyKey: "x" });
    expect(report.error?.message).toMatch(/close\(\)/);
  });

  it("whose store is away is reported, not thrown", async () => {
    const store = memoryStore();
    store.admit = () => Promise.reject(new StoreUnavailable("away"));
    const { deliver, sent } = world({ store });
    const report = await deliver();
    expect(report).toMatchObject({ success: false, duplicate: false, rateLimited: false });
    expect(report.error).toBeInstanceOf(StoreUnavailable);
    expect(sent).toHaveLength(0);
  });

  it("of a bot may be around sendFunction too: one of the two acts", async () => {
    const clock = new VirtualClock();
    const guard = createGuard({ clock });
    const inner = { bot: "1", method: "sendMessage", payload: { chat_id: 7, text: "hi" } };
    const sendFunction = async () => {
      const sent = await guard.run(inner, async () => ({
        type: "response",
        body: { ok: true, result: { message_id: 9 } },
      }));
      return (sent as { result: unknown }).result;
    };
    const service = new DeliveryService({ clock });
    const deliver = (deliveryId: string) =>
      service.sendWithReliabilityGuards({ deliveryId, postData, sendFunction });
    expect(await deliver("a")).toMatchObject({ success: true, duplicate: false, messageId: 9 });
    expect(await deliver("b")).toMatchObject({ success: true, duplicate: false, messageId: 9 });
  });

  it("knows a delivery by its id inside an update as anywhere else", async () => {
    const { deliver, sent } = world();
    await insideUpdate(openUpdate("1", 5), () => deliver());
    await insideUpdate(openUpdate("1", 6), () => deliver());
    expect(sent).toHaveLength(1);
  });

  it("works with deduplication off", async () => {
    const { deliver, sent } = world({ idempotency: false });
    expect((await deliver()).idempotencyKey).toBe("invoice-42");
    await deliver();
    expect(sent).toHaveLength(2);
  });
});

describe("posts that can not be read", () => {
  it("streams and file objects are delivered, once", async () => {
    const file = { toJSON: throwing(new Error("not JSON")) };
    for (const photo of [Readable.from(["x"]), new Blob(["x"]).stream(), file]) {
      const { deliver, sent } = world();
      const post = { chatId: 7, photo };
      expect((await deliver({ postData: post })).success).toBe(true);
      expect((await deliver({ postData: post })).duplicate).toBe(true);
      expect(sent).toHaveLength(1);
      expect(sent[0]).toBe(post);
    }
  });

  it("are not sent again after a 429, since sending has spoilt them", async () => {
    const { deliver, sent, answers } = world();
    answers.push(throwing(telegramError(429, { retry_after: 1 })));
    const report = await deliver({ postData: { chatId: 7, photo: Readable.from(["x"]) } });
    expect(report).toMatchObject({ success: false, rateLimited: true, retryAfterMs: 1_000 });
    expect(sent).toHaveLength(1);
  });
});

describe("what is wrong is named", () => {
  it("options", () => {
    expect(() => new DeliveryService({ limit: 5 } as never)).toThrow(/unknown option `limit`/);
    expect(() => new DeliveryService({}, { bot: 5 } as never)).toThrow(
      /DeliveryService: unknown option `bot`/,
    );
    expect(() => new DeliveryService({}, { namespace: "{x}" })).toThrow(/`namespace`/);
  });

  it.each<[RegExp, object]>([
    [/deliveryId/, { deliveryId: "" }],
    [/deliveryId/, { deliveryId: 42 }],
    [/postData/, { postData: null }],
    [/sendFunction/, { sendFunction: undefined }],
    [/unknown option `ttl`/, { ttl: 5 }],
    [/ttlMs/, { idempotencyTtlMs: 0 }],
    [/maxWaitMs/, { maxRateLimitWaitMs: -1 }],
  ])("%s", async (words, wrong) => {
    const { deliver } = world();
    const failure = deliver(wrong as never);
    await expect(failure).rejects.toThrow(ConfigurationError);
    await expect(failure).rejects.toThrow(words);
  });
});
