import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import {
  createGuard,
  deliveryOf,
  guardFetch,
  isSendonceRefusal,
  type Store,
  StoreUnavailable,
} from "@sendonce/core";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually, telegram, textsOf, token } from "../../kit/telegram.js";
import { bodyOf, Caller, caller, idOf, virtualCaller } from "./caller.js";

describe("answers", () => {
  test("to a message that was sent are the very Response of fetch, unread", async () => {
    const given: Response[] = [];
    const to = await caller({}, async (...args) => {
      given.push(await fetch(...args));
      return given[0]!;
    });
    const answer = await to.say("hi");
    expect(answer).toBe(given[0]);
    expect(await bodyOf(answer)).toMatchObject({ ok: true, result: { text: "hi" } });
    expect(deliveryOf(answer)).toMatchObject({ replayed: false, attempts: 1 });
  });

  test("to a message that had been sent are a fresh 200 each, with its result", async () => {
    const to = await caller();
    const first = await bodyOf(to.say("hi"));
    const [one, two] = [await to.say("hi"), await to.say("hi")];
    expect(one).not.toBe(two);
    expect([one.status, one.headers.get("content-type")]).toEqual([200, "application/json"]);
    expect(await bodyOf(one)).toEqual(first);
    expect(deliveryOf(two)).toMatchObject({ replayed: true, attempts: 0 });
  });

  test("to twins at the same moment tell of one message", async () => {
    const to = await caller();
    const ids = await Promise.all([1, 2, 3].map(() => idOf(to.say("hi"))));
    expect(new Set(ids).size).toBe(1);
    expect(textsOf(to.emulator, 7)).toEqual(["hi"]);
  });

  test("of Telegram that say no are untouched, and free the key", async () => {
    const to = await caller();
    to.emulator.fault({ kind: "error", code: 403, description: "Forbidden: bot was blocked by the user" });
    const answer = await to.say("hi");
    expect(answer.status).toBe(403);
    expect(await bodyOf(answer)).toEqual({
      ok: false,
      error_code: 403,
      description: "Forbidden: bot was blocked by the user",
    });
    expect((await to.say("hi")).status).toBe(200);
  });

  test("that a twin shares with the first are equal to its own", async () => {
    const to = await caller();
    const server = await hanging(() => ({
      status: 502,
      headers: { "x-proxy": "1" },
      body: "<h1>Bad Gateway</h1>",
    }));
    const callers = [1, 2].map(() => new Caller(to.emulator, server, fetch, to.fetch.guard));
    const answers = await Promise.all(callers.map((each) => each.say("hi")));
    expect(answers[0]).not.toBe(answers[1]);
    for (const answer of answers) {
      expect([answer.status, answer.headers.get("x-proxy")]).toEqual([502, "1"]);
      expect(await answer.text()).toBe("<h1>Bad Gateway</h1>");
    }
    expect(callers.flatMap(({ wire }) => wire)).toHaveLength(1);
  });

  test("to edits, chat actions and whatever is no message come from fetch each time", async () => {
    const to = await caller();
    const id = await idOf(to.say("draft"));
    for (const text of ["final", "final"])
      await to.json("editMessageText", { chat_id: 7, message_id: id, text });
    expect(to.wire).toHaveLength(3);
  });
});

/** A server that answers what it is told, after the whole request has come. */
async function hanging(
  answer: () => { status: number; headers: Record<string, string>; body: string },
): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      const { status, headers, body } = answer();
      response.writeHead(status, headers).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("a 429", () => {
  test("is waited for, then the same bytes go out once", async () => {
    const to = virtualCaller();
    to.emulator.fault({ method: "sendMessage", chat: 7, kind: "429", retryAfter: 12, enforce: true });
    const from = to.clock.now();
    expect(await to.clock.run(to.say("hi").then(({ status }) => status))).toBe(200);
    expect(to.clock.now() - from).toBeGreaterThanOrEqual(12_000);
    expect(to.wire[0]?.body.equals(to.wire[1]!.body)).toBe(true);
    expect(to.emulator.ledger.duringFlood()).toEqual([]);
    expect(textsOf(to.emulator, 7)).toEqual(["hi"]);
  });

  test("that lasts too long is Telegram's own answer, headers and all; the next is refused in its dialect", async () => {
    const to = virtualCaller({ maxWaitMs: 3_000 });
    to.emulator.fault({ method: "sendMessage", chat: 7, kind: "429", retryAfter: 30, enforce: true });
    const own = await to.clock.run(to.say("a"));
    expect([own.status, own.headers.get("retry-after")]).toEqual([429, "30"]);
    expect(isSendonceRefusal(await bodyOf(own))).toBe(false);
    const refused = await to.clock.run(to.say("b"));
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "30"]);
    expect(await bodyOf(refused)).toMatchObject({
      ok: false,
      error_code: 429,
      parameters: { retry_after: 30, sendonce: { code: "rate_limited" } },
    });
    expect(to.wire).toHaveLength(1);
  });

  test("to a stream that was not kept is handed over, never sent again empty", async () => {
    const to = virtualCaller();
    to.emulator.fault({ method: "sendVideo", kind: "429", retryAfter: 3 });
    const large = async function* () {
      for (let i = 0; i < 17; i++) yield Buffer.alloc(1024 * 1024, 32);
    };
    const sending = to.post(
      "sendVideo?chat_id=7&video=id",
      large() as never,
      { headers: { "content-type": "text/plain" }, duplex: "half" } as RequestInit,
    );
    const answer = await to.clock.run(sending);
    expect(answer.status).toBe(429);
    expect(to.wire.map(({ body }) => body.length)).toEqual([17 * 1024 * 1024]);
  });
});

describe("a response that is lost after Telegram took the message", () => {
  test("cut off: fetch rejects as ever, and a repeat gets a 409 that says what to do", async () => {
    const to = await caller();
    to.emulator.fault({ method: "sendMessage", kind: "cut-after" });
    await expect(to.say("paid!")).rejects.toBeInstanceOf(TypeError);
    const again = await to.say("paid!");
    expect(again.status).toBe(409);
    const body = await bodyOf(again);
    expect(isSendonceRefusal(body)).toBe(true);
    expect(body.description).toMatch(/^Conflict: sendonce: .*delivery\(\{ key \}\)/);
    expect(textsOf(to.emulator, 7)).toEqual(["paid!"]);
  });

  test("hidden by a proxy's page: the page is the answer, and a repeat gets a 409", async () => {
    const to = await caller();
    to.emulator.fault({ method: "sendMessage", kind: "html", status: 502, commit: true });
    const answer = await to.say("paid!");
    expect(answer.status).toBe(502);
    expect(await answer.text()).toContain("<");
    expect((await to.say("paid!")).status).toBe(409);
    expect(textsOf(to.emulator, 7)).toEqual(["paid!"]);
  });

  test.each([204, 304])("without a body, of status %i: the Response is the answer", async (status) => {
    const to = await caller({}, async () => new Response(null, { status }));
    expect((await to.say("paid!")).status).toBe(status);
    expect((await to.say("paid!")).status).toBe(409);
  });

  test("cut within its body: the Response is handed over, its body fails, and a repeat gets a 409", async () => {
    const { emulator } = await caller();
    const server = createServer((request, response) => {
      request.resume().on("end", () => {
        response.writeHead(200, { "content-length": "100" }).write('{"ok":tr');
        setTimeout(() => response.destroy(), 20);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const root = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const to = new Caller(emulator, root, fetch, createGuard());
    const answer = await to.say("paid!");
    expect(answer.status).toBe(200);
    await expect(answer.json()).rejects.toThrow();
    expect((await to.say("paid!")).status).toBe(409);
  });
});

describe("a connection that was never made", () => {
  test("frees the key: the next try is sent", async () => {
    const emulator = await telegram();
    const to = new Caller(emulator, "http://127.0.0.1:39987", fetch, {});
    for (let i = 0; i < 2; i++)
      await expect(to.say("hi")).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" } });
    expect(to.wire).toHaveLength(2);
  });

  test("the token is in no error's message", async () => {
    const plain = (async (input: Request) => {
      throw new TypeError(`request to ${input.url} failed`, { cause: new Error(`no route to ${input.url}`) });
    }) as unknown as typeof fetch;
    const to = await caller({}, plain);
    for (const method of ["sendMessage", "getMe"]) {
      const error = (await to
        .json(method, { chat_id: 7, text: "hi" })
        .catch((thrown: unknown) => thrown)) as Error;
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toContain("request to");
      expect([error.message, error.stack, String((error.cause as Error).stack)].join("\n")).not.toContain(
        token.split(":")[1],
      );
    }
  });
});

describe("an abort", () => {
  test("before anything is sent rejects with the signal's reason, and sends nothing", async () => {
    const to = await caller();
    const reason = new Error("changed my mind");
    await expect(to.say("hi", 7, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(to.wire).toEqual([]);
  });

  test("while it waits for its turn rejects at once, and gives the turn back", async () => {
    const to = virtualCaller();
    for (let i = 0; i < 20; i++) await to.clock.run(to.say(`${i}`, -100));
    const controller = new AbortController();
    const waiting = to.say("late", -100, { signal: controller.signal });
    const rejected = expect(waiting).rejects.toMatchObject({ name: "AbortError" });
    await to.clock.advance(1_000);
    controller.abort();
    await to.clock.advance(10);
    await rejected;
    expect(to.wire).toHaveLength(20);
  });

  test("while it is being sent rejects as fetch does; the outcome is unknown", async () => {
    const to = await caller();
    to.emulator.fault({ method: "sendMessage", kind: "hang", commit: true });
    const controller = new AbortController();
    const sending = to.say("hi", 7, { signal: controller.signal });
    const rejected = expect(sending).rejects.toMatchObject({ name: "AbortError" });
    await eventually(() => to.emulator.ledger.requests().length > 0, "the request arrives");
    controller.abort();
    await rejected;
    expect((await to.say("hi")).status).toBe(409);
  });

  test("while a stream is being read rejects, and sends nothing", async () => {
    const to = await caller();
    const controller = new AbortController();
    const endless = new ReadableStream({ pull: () => new Promise(() => {}) });
    const init = {
      signal: controller.signal,
      duplex: "half",
      headers: { "content-type": "application/json" },
    };
    const sending = to.post("sendMessage", endless, init as RequestInit);
    const rejected = expect(sending).rejects.toMatchObject({ name: "AbortError" });
    controller.abort();
    await rejected;
    expect(to.wire).toEqual([]);
  });

  test("lets go of a stream of Node's that says nothing", async () => {
    const to = await caller();
    const controller = new AbortController();
    const silent = new PassThrough();
    const sending = to.post("sendMessage", silent, { signal: controller.signal });
    const rejected = expect(sending).rejects.toMatchObject({ name: "AbortError" });
    controller.abort();
    await rejected;
    expect(silent.destroyed).toBe(true);
  });

  test("by the signal of a Request counts as well", async () => {
    const to = await caller();
    const signal = AbortSignal.abort();
    const request = new Request(to.url("sendMessage"), { method: "POST", body: "{}", signal });
    await expect(to.fetch(request)).rejects.toMatchObject({ name: "AbortError" });
    expect(to.wire).toEqual([]);
  });
});

describe("refusals", () => {
  test("without the store, under whenStoreDown reject, are a 503", async () => {
    const down = async () => {
      throw new StoreUnavailable("no store");
    };
    const away = { name: "away", admit: down, settle: down, ping: down, close: async () => {} };
    const to = await caller({ store: away as unknown as Store, whenStoreDown: "reject" });
    const answer = await to.say("hi");
    expect([answer.status, (await bodyOf(answer)).parameters]).toEqual([
      503,
      { sendonce: { code: "store_unavailable", key: expect.any(String) } },
    ]);
    expect(to.wire).toEqual([]);
  });

  test("after close() are a 409, and what is no message still goes by", async () => {
    const to = await caller();
    await to.fetch.close();
    expect((await to.say("hi")).status).toBe(409);
    expect((await to.json("getMe", {})).status).toBe(200);
  });

  test("two bots under one namespace are an error of configuration that names no token", async () => {
    const to = await caller({ namespace: "mine" });
    await to.say("hi");
    const other = `${to.emulator.url}/bot4343:secret/sendMessage?chat_id=7&text=hi`;
    const error = (await to.fetch(other).catch((thrown: unknown) => thrown)) as Error;
    expect(error).toMatchObject({ code: "configuration" });
    expect(error.message).not.toContain("secret");
  });
});

describe("what is none of its business goes by untouched", () => {
  test.each([
    ["another site", "https://example.com/bot/sendMessage"],
    ["a download", `http://telegram.local/file/bot${token}/photos/sendMessage`],
    ["an address without a token", "http://telegram.local/botany/sendMessage"],
    ["a relative address", "/sendMessage"],
  ])("%s", async (_, url) => {
    const seen: unknown[][] = [];
    const plain = (async (...args: unknown[]) => {
      seen.push(args);
      return new Response("{}");
    }) as unknown as typeof fetch;
    const init = { method: "POST", body: new ReadableStream() };
    await guardFetch(plain)(url, init);
    expect(seen).toEqual([[url, init]]);
    expect(seen[0]?.[1]).toBe(init);
  });

  test("getUpdates, with its very body and its very answer", async () => {
    const init = { method: "POST", body: new ReadableStream() };
    const answer = new Response("{}");
    const seen: unknown[] = [];
    const plain = (async (_: string, given: unknown) => {
      seen.push(given);
      return answer;
    }) as unknown as typeof fetch;
    expect(await guardFetch(plain)(`http://telegram.local/bot${token}/getUpdates`, init)).toBe(answer);
    expect(seen[0]).toBe(init);
    expect([init.body.locked, answer.bodyUsed]).toEqual([false, false]);
  });
});

describe("around itself", () => {
  test("it sends, pays and records once", async () => {
    const emulator = await telegram();
    const guard = createGuard();
    const sent: unknown[] = [];
    guard.on("sent", (event) => sent.push(event));
    const to = new Caller(emulator, emulator.url, guardFetch(fetch, guard), guard);
    expect(await idOf(to.say("hi"))).toBe(await idOf(to.say("hi")));
    expect(sent).toHaveLength(1);
    const [chat] = await guard.store.stats({
      bot: "4242",
      rules: [
        {
          name: "chat",
          key: "chat:7",
          params: { kind: "bucket", capacity: 20, intervalUs: 3_000_000 },
          cost: 1,
          mode: "wait",
        },
      ],
    });
    expect(chat?.remaining).toBe(19);
  });
});
