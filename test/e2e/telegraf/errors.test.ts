import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { createGuard, delivery, deliveryOf, install, isSendonceRefusal } from "@sendonce/telegraf";
import { Telegram, TelegramError } from "telegraf";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually, telegram, telegramAt, textsOf, token } from "../../kit/telegraf.js";

const secret = "very-secret-token";

/** The error that a call ends in. */
const errorOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => Promise.reject(new Error("the call went well")),
    (error: unknown) => error,
  );

/** A guarded Telegram whose server answers with these bytes, whatever is asked. */
async function answering(status: number, body: string): Promise<Telegram> {
  const server = createServer((_, response) => response.writeHead(status).end(body));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return install(new Telegram(`4242:${secret}`, { apiRoot: `http://127.0.0.1:${port}` }));
}

describe("Telegram's own errors", () => {
  test("stay the very TelegramErrors that Telegraf throws, with every field", async () => {
    const emulator = await telegram();
    emulator.chat(7, { blocked: true });
    const plain = (await errorOf(telegramAt(emulator).sendMessage(7, "hi"))) as TelegramError;
    const error = (await errorOf(install(telegramAt(emulator)).sendMessage(7, "hi"))) as TelegramError;
    expect(error).toBeInstanceOf(TelegramError);
    expect(error.response).toEqual(plain.response);
    expect(error.on).toEqual(plain.on);
    expect([error.code, error.description, error.message]).toEqual([
      403,
      "Forbidden: bot was blocked by the user",
      plain.message,
    ]);
    expect(Object.keys(error)).toEqual(Object.keys(plain));
  });

  test("a 429 that is not waited for keeps its retry_after, and is thrown as the same object to twins", async () => {
    const emulator = await telegram();
    const api = install(telegramAt(emulator), { maxWaitMs: 500 });
    emulator.fault({ method: "sendMessage", kind: "429", retryAfter: 30 });
    const [first, twin] = await Promise.all([1, 2].map(() => errorOf(api.sendMessage(7, "hi"))));
    expect(first).toMatchObject({ code: 429, parameters: { retry_after: 30 } });
    expect(isSendonceRefusal(first)).toBe(false);
    expect(twin).toBe(first);
  });

  test("migrate_to_chat_id passes through", async () => {
    const emulator = await telegram();
    const api = install(telegramAt(emulator));
    const parameters = { migrate_to_chat_id: -1001234567890 };
    const description = "Bad Request: group chat was upgraded to a supergroup chat";
    emulator.fault({ method: "sendMessage", kind: "error", code: 400, description, parameters });
    expect(await errorOf(api.sendMessage(-7, "hi"))).toMatchObject({ code: 400, parameters });
  });

  test("a short 429 is waited for, and the message goes out once", async () => {
    const emulator = await telegram();
    const api = install(telegramAt(emulator));
    emulator.fault({ method: "sendMessage", kind: "429", retryAfter: 1, enforce: true });
    const sent = await api.sendMessage(7, "hi");
    expect(deliveryOf(sent)).toMatchObject({ attempts: 2 });
    expect(textsOf(emulator, 7)).toEqual(["hi"]);
    expect(emulator.ledger.duringFlood()).toEqual([]);
  });
});

describe("an outcome that nobody knows", () => {
  test.for([
    ["a cut connection", { kind: "cut-after" }, { name: "FetchError", code: "ECONNRESET" }],
    ["a proxy's page, which Telegraf makes an error of", { kind: "html", commit: true }, { code: 502 }],
    ["a 500", { kind: "error", code: 500, description: "restart", commit: true }, { code: 500 }],
  ] as const)("%s: the caller gets Telegraf's error, a repeat gets a 409", async ([, fault, expected]) => {
    const emulator = await telegram();
    const api = install(telegramAt(emulator));
    emulator.fault({ method: "sendMessage", ...fault });
    expect(await errorOf(api.sendMessage(7, "paid!"))).toMatchObject(expected);
    const again = (await errorOf(api.sendMessage(7, "paid!"))) as TelegramError;
    expect(again).toBeInstanceOf(TelegramError);
    expect(again.code).toBe(409);
    expect(again.description).toMatch(/^Conflict: sendonce: .*delivery\(\{ key \}\)/);
    expect(again.on).toEqual({ method: "sendMessage", payload: { chat_id: 7, text: "paid!" } });
    expect(isSendonceRefusal(again) && again.parameters.sendonce.code).toBe("ambiguous");
    expect(textsOf(emulator, 7)).toEqual(["paid!"]);
  });

  test("a connection that was never made is none: the next try is free", async () => {
    const emulator = await telegram();
    const api = install(telegramAt(emulator));
    const nobody = install(new Telegram(token, { apiRoot: "http://127.0.0.1:1" }), createGuard());
    expect(await errorOf(nobody.sendMessage(7, "hi"))).toMatchObject({
      code: "ECONNREFUSED",
      type: "system",
    });
    expect(await errorOf(nobody.sendMessage(7, "hi"))).toMatchObject({ code: "ECONNREFUSED" });
    await api.sendMessage(7, "hi");
    expect(textsOf(emulator, 7)).toEqual(["hi"]);
  });
});

describe("refusals are TelegramErrors", () => {
  test("a turn too far away is a 429 with retry_after", async () => {
    const emulator = await telegram();
    const api = install(telegramAt(emulator), { maxWaitMs: 0 });
    for (let i = 0; i < 20; i++) await api.sendMessage(-1001, `${i}`);
    const refused = (await errorOf(api.sendMessage(-1001, "one too many"))) as TelegramError;
    expect(refused).toBeInstanceOf(TelegramError);
    expect(refused.code).toBe(429);
    expect(refused.parameters?.retry_after).toBeGreaterThan(50);
    expect(refused.parameters).toMatchObject({ sendonce: { code: "rate_limited", rule: "group" } });
    expect(emulator.ledger.floods()).toEqual([]);
  });

  test("another text under a key that was used is a 409", async () => {
    const emulator = await telegram();
    const api = install(telegramAt(emulator));
    await api.sendMessage(7, "Paid!", { ...delivery({ key: "invoice-42" }) });
    const refused = await errorOf(api.sendMessage(7, "Failed!", { ...delivery({ key: "invoice-42" }) }));
    expect(refused).toMatchObject({ code: 409, parameters: { sendonce: { code: "mismatch" } } });
  });

  test("a closed guard is a 409, and getters still pass", async () => {
    const emulator = await telegram();
    const guard = createGuard();
    const api = install(telegramAt(emulator), guard);
    await guard.close();
    expect(await errorOf(api.sendMessage(7, "hi"))).toMatchObject({ code: 409 });
    expect((await api.getMe()).id).toBe(4242);
  });
});

describe("the token shows in no error", () => {
  const shows = (error: unknown): boolean => {
    const { message, stack } = error as Error;
    return [message, stack, inspect(error)].some((text) => text?.includes(secret));
  };

  test.for([
    ["sendMessage", (api: Telegram) => api.sendMessage(7, "hi")],
    ["getMe", (api: Telegram) => api.getMe()],
  ] as const)("an unreadable answer to %s", async ([, call]) => {
    const api = await answering(200, "<html>");
    const error = (await errorOf(call(api))) as Error & { type: string };
    expect(shows(error)).toBe(false);
    expect([error.name, error.type]).toEqual(["FetchError", "invalid-json"]);
    expect(error.message).toMatch(/bot4242:\[REDACTED\]\/(sendMessage|getMe)/);
  });

  test("a connection that is refused: neither in the message nor in the stack", async () => {
    const api = install(new Telegram(`4242:${secret}`, { apiRoot: "http://127.0.0.1:1" }));
    const error = (await errorOf(api.sendMessage(7, "hi"))) as Error;
    expect(shows(error)).toBe(false);
    expect(error.message).toMatch(/bot4242:\[REDACTED\].*ECONNREFUSED/);
  });

  test("the test environment's addresses are no exception", async () => {
    const api = install(new Telegram(`4242:${secret}`, { apiRoot: "http://127.0.0.1:1", testEnv: true }));
    expect(shows(await errorOf(api.sendMessage(7, "hi")))).toBe(false);
  });

  test("an answer that is none is of unknown outcome", async () => {
    const api = await answering(200, "null");
    expect(await errorOf(api.sendMessage(7, "hi"))).toBeInstanceOf(TypeError);
    expect(await errorOf(api.sendMessage(7, "hi"))).toMatchObject({ code: 409 });
  });
});

describe("abort", () => {
  test("while it waits for its turn: an AbortError as node-fetch's, and nothing is sent", async () => {
    const emulator = await telegram();
    const api = install(telegramAt(emulator));
    for (let i = 0; i < 20; i++) await api.sendMessage(-1001, `${i}`);
    const controller = new AbortController();
    const send = (signal?: AbortSignal) =>
      api.callApi("sendMessage", { chat_id: -1001, text: "later" }, { signal: signal as never });
    const waiting = errorOf(send(controller.signal));
    controller.abort();
    expect(await waiting).toMatchObject({ name: "AbortError", type: "aborted" });
    expect(emulator.ledger.requests()).toHaveLength(20);
  });

  test("while the request is open: Telegraf's own AbortError, and the outcome is unknown", async () => {
    const emulator = await telegram();
    const api = install(telegramAt(emulator));
    emulator.fault({ method: "sendMessage", kind: "hang" });
    const controller = new AbortController();
    const send = (signal?: AbortSignal) =>
      api.callApi("sendMessage", { chat_id: 7, text: "hi" }, { signal: signal as never });
    const sending = errorOf(send(controller.signal));
    await eventually(() => emulator.ledger.requests().length === 1, "the request has come");
    controller.abort();
    expect(await sending).toMatchObject({ name: "AbortError", type: "aborted" });
    expect(await errorOf(send())).toMatchObject({ code: 409 });
  });

  test("a signal that is aborted already: no request at all", async () => {
    const emulator = await telegram();
    const api = install(telegramAt(emulator));
    const call = api.callApi(
      "sendMessage",
      { chat_id: 7, text: "hi" },
      { signal: AbortSignal.abort() as never },
    );
    expect(await errorOf(call)).toMatchObject({ name: "AbortError" });
    expect(emulator.ledger.requests()).toEqual([]);
  });
});
