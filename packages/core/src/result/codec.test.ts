import { describe, expect, it } from "vitest";
import type { Delivery, Reply } from "../call.js";
import { createGuard, type Guard } from "../guard.js";
import type { IdempotencyOptions } from "../options.js";
import { memoryStore } from "../store/memory.js";
import type { ResultCodec } from "./codec.js";

const text = "the launch code is 0000";
const message = { message_id: 4711, date: 1, chat: { id: 7, type: "private" }, text, edit_date: 5 };

/** A process: its guard on a shared store, what it has stored last, and what it has been told of failures. */
function processOn(store = memoryStore(), idempotency: IdempotencyOptions = {}) {
  const told: string[] = [];
  let requests = 0;
  const stored: (string | undefined)[] = [];
  const settle = store.settle.bind(store);
  store.settle = (request) => {
    if (request.as === "done") stored.push(request.result);
    return settle(request);
  };
  const guard: Guard = createGuard({ store, idempotency: { result: "full", ...idempotency } });
  guard.on("storeError", ({ verb, message }) => told.push(`${verb}: ${message}`));
  const send = async (payload: object = { chat_id: 7, text }): Promise<Delivery> => {
    const reply: Reply = { type: "response", body: { ok: true, result: message } };
    return guard.run({ bot: "1", method: "sendMessage", payload: { ...payload } }, async () => {
      requests++;
      return reply;
    });
  };
  return { store, send, told, stored, requests: () => requests };
}

const reversed = (text: string): string => [...text].reverse().join("");
const mirror: ResultCodec = {
  encode: (text) => `1${reversed(text)}`,
  decode: (text) => reversed(text.slice(1)),
};
const broken = (): never => {
  throw new Error(text);
};

describe("what is stored of a result", () => {
  it.each(["full", "minimal"] as const)("goes through the codec (%s)", async (result) => {
    const { send, stored } = processOn(undefined, { result, codec: mirror });
    await send();
    expect(stored[0]).toMatch(/^e1/);
    expect(mirror.decode(stored[0]!.slice(1))).toMatch(
      result === "full" ? /^j\{"message_id":4711/ : /^h\[4711,/,
    );
  });

  it("does not where nothing is kept", async () => {
    const { send, stored } = processOn(undefined, { result: "none", codec: mirror });
    await send();
    expect(stored).toEqual(["n"]);
  });

  it("comes back in another process that has the codec", async () => {
    const first = processOn(undefined, { codec: mirror });
    await first.send();
    const second = processOn(first.store, { codec: mirror });
    expect(await second.send()).toMatchObject({ status: "replayed", result: message });
    expect([second.requests(), second.told]).toEqual([0, []]);
  });

  it("is read as it is where it was stored before there was a codec", async () => {
    const first = processOn();
    await first.send();
    const second = processOn(first.store, { codec: mirror });
    expect(await second.send()).toMatchObject({ status: "replayed", result: message });
  });

  it("tells nothing to a process without the codec, which sends nothing twice", async () => {
    const first = processOn(undefined, { codec: mirror });
    await first.send();
    const second = processOn(first.store);
    expect(await second.send()).toMatchObject({ status: "replayed", result: { message_id: 0, text } });
    expect(second.requests()).toBe(0);
  });

  it("may keep its codec's own state: it is called as a method", async () => {
    class Counting implements ResultCodec {
      encoded = 0;
      encode(text: string): string {
        this.encoded++;
        return text;
      }
      decode(stored: string): string {
        return stored;
      }
    }
    const codec = new Counting();
    await processOn(undefined, { codec }).send();
    expect(codec.encoded).toBe(1);
  });
});

describe("a codec that fails", () => {
  const notText = (() => Promise.resolve("x")) as unknown as ResultCodec["encode"];

  it.each([
    [
      "throws",
      broken,
      "encode: idempotency.codec.encode threw: the message was sent, its result is not stored",
    ],
    [
      "answers a promise",
      notText,
      "encode: idempotency.codec.encode answered no text (it must not be asynchronous): the message was sent, its result is not stored",
    ],
  ])("on the way in (it %s) costs the stored result, not the send", async (_, encode, said) => {
    const first = processOn(undefined, { codec: { ...mirror, encode } });
    expect(await first.send()).toMatchObject({ status: "sent", result: message });
    expect([first.stored, first.told]).toEqual([["n"], [said]]);
    const second = processOn(first.store, { codec: mirror });
    expect(await second.send()).toMatchObject({ status: "replayed", result: { message_id: 0, text } });
    expect(second.requests()).toBe(0);
  });

  it("on the way in leaves the process that sent with all of its result", async () => {
    const { send, requests } = processOn(undefined, { codec: { ...mirror, encode: broken } });
    await send();
    expect(await send()).toMatchObject({ status: "replayed", result: message });
    expect(requests()).toBe(1);
  });

  it.each([
    ["throws", broken],
    ["answers a promise", notText],
  ])("on the way out (it %s) replays what the caller's own payload says", async (_, decode) => {
    const first = processOn(undefined, { codec: mirror });
    await first.send();
    const second = processOn(first.store, { codec: { ...mirror, decode } });
    expect(await second.send()).toMatchObject({
      status: "replayed",
      result: { message_id: 0, chat: { id: 7 }, text },
    });
    expect(second.requests()).toBe(0);
    expect(second.told).toHaveLength(1);
    expect(second.told[0]).toMatch(
      /^decode: idempotency\.codec\.decode .*replayed without its stored result$/,
    );
  });

  it("never tells what it was given", async () => {
    const first = processOn(undefined, { codec: { encode: broken, decode: broken } });
    await first.send();
    expect(first.told.join()).not.toContain(text);
  });

  it("by answering rubbish is like one that throws, without a word", async () => {
    const first = processOn(undefined, { codec: mirror });
    await first.send();
    const second = processOn(first.store, { codec: { ...mirror, decode: () => "\u0000{" } });
    expect(await second.send()).toMatchObject({ status: "replayed", result: { message_id: 0 } });
  });
});

describe("the option idempotency.codec", () => {
  it.each([
    [null, "got null"],
    ["aes", "got another string"],
    [() => "", "got function"],
    [{}, "`encode` is missing"],
    [{ encode: mirror.encode }, "`decode` is missing"],
    [{ encode: mirror.encode, decode: "no" }, "`decode` is missing"],
  ])("refuses %j and says what it must be", (codec, why) => {
    expect(() => createGuard({ idempotency: { codec: codec as never } })).toThrow(
      `\`idempotency.codec\` must have the methods encode and decode, as in { encode, decode }; ${why}`,
    );
  });
});
