import { Readable } from "node:stream";
import { delivery, install, withDelivery } from "@sendonce/grammy";
import { InputFile } from "grammy";
import { describe, expect, test } from "vitest";
import { apiAt, botAt, telegram, token } from "../kit/telegram.js";

const key = { ...delivery({ key: "invoice-42", priority: "high", ttlMs: 60_000 }) };
const photo = () => new InputFile(Buffer.from("a photo"), "a.jpg");

/** The same key twice: one message, the same id. */
describe("delivery() is obeyed", () => {
  test("in sendPhoto with a caption", async () => {
    const emulator = await telegram();
    const { api } = install(botAt(emulator));
    const first = await api.sendPhoto(7, photo(), { caption: "receipt", ...key });
    const second = await api.sendPhoto(7, photo(), { caption: "receipt", ...key });
    expect(second.message_id).toBe(first.message_id);
    expect(second.caption).toBe("receipt");
    expect(emulator.ledger.count({ chat: 7 })).toBe(1);
  });

  test("in sendDocument with a stream: one that is not sent, because the message was, is closed", async () => {
    const emulator = await telegram();
    const { api } = install(botAt(emulator));
    const other = { ...delivery({ key: "report", onMismatch: "replay" }) };
    const send = (stream: Readable) => api.sendDocument(7, new InputFile(stream, "a.txt"), other);
    await send(Readable.from([Buffer.from("a report")]));
    const unused = Readable.from([Buffer.from("a report")]);
    await send(unused);
    expect(unused.destroyed).toBe(true);
    expect(emulator.ledger.count({ chat: 7 })).toBe(1);
  });

  test("in sendMediaGroup", async () => {
    const emulator = await telegram();
    const { api } = install(botAt(emulator));
    const album = () =>
      [1, 2].map((n) => ({ type: "photo" as const, media: new InputFile(Buffer.from(`${n}`)) }));
    const first = await api.sendMediaGroup(7, album(), key);
    const second = await api.sendMediaGroup(7, album(), key);
    expect(second.map(({ message_id }) => message_id)).toEqual(first.map(({ message_id }) => message_id));
    expect(emulator.ledger.count({ chat: 7 })).toBe(2);
  });

  test("in copyMessage and forwardMessage", async () => {
    const emulator = await telegram();
    const { message_id } = await apiAt(emulator).sendMessage(8, "original");
    const { api } = install(botAt(emulator));
    const copies = [
      await api.copyMessage(7, 8, message_id, key),
      await api.copyMessage(7, 8, message_id, key),
    ];
    expect(copies[1]).toEqual(copies[0]);
    const other = { ...delivery({ key: "forward-1" }) };
    const forwards = [
      await api.forwardMessage(7, 8, message_id, other),
      await api.forwardMessage(7, 8, message_id, other),
    ];
    expect(forwards[1]?.message_id).toBe(forwards[0]?.message_id);
    expect(emulator.ledger.count({ chat: 7 })).toBe(2);
  });
});

describe("withDelivery() is obeyed", () => {
  test("inside a handler: the key, not the update, decides", async () => {
    const emulator = await telegram();
    const bot = install(botAt(emulator));
    bot.on("message", () => withDelivery({ key: "welcome" }, () => bot.api.sendMessage(9, "a new user")));
    for (const text of ["a", "b"]) await bot.handleUpdate(emulator.say(token, { chat: 7, text }));
    expect(emulator.ledger.count({ chat: 9 })).toBe(1);
  });
});

describe("bad input is named, with its remedy, and nothing is sent", () => {
  test("wrong options", () => {
    const bot = () => botAt({ url: "http://127.0.0.1:1" } as never);
    expect(() => install(bot(), { limit: "official" } as never)).toThrow(
      /unknown option `limit`; the options are .*limits/,
    );
    expect(() => install(bot(), { limits: "strict" } as never)).toThrow(
      /`limits` must be "conservative" or "official"/,
    );
    expect(() => install(bot(), { idempotency: { ttlMs: -1 } })).toThrow(
      /`idempotency.ttlMs` must be a whole number/,
    );
    expect(() => install(bot(), { store: "redis://x" } as never)).toThrow(/`store` must be a store/);
    expect(() => delivery({ key: "" })).toThrow(/delivery\(\{ key \}\) must be a non-empty string/);
    expect(() => delivery({ priority: "urgent" } as never)).toThrow(/"high" or "normal" or "bulk"/);
    expect(() => install({} as never)).toThrow(/takes a grammY Bot or Api/);
  });

  test("an empty or malformed token, without repeating it", () => {
    const broken = botAt({ url: "http://127.0.0.1:1" } as never);
    Object.assign(broken.api, { token: "hunter2" });
    expect(() => install(broken)).toThrow(/bot token is empty or not a token/);
    expect(() => install(broken)).not.toThrow(/hunter2/);
  });

  test("a payload that contains itself", async () => {
    const emulator = await telegram();
    const { api } = install(botAt(emulator));
    const keyboard: { inline_keyboard: unknown[] } = { inline_keyboard: [] };
    keyboard.inline_keyboard.push([keyboard]);
    await expect(api.sendMessage(7, "loop", { reply_markup: keyboard as never })).rejects.toThrow(
      /reply_markup.*contains itself/,
    );
    expect(emulator.ledger.requests({ method: "sendMessage" })).toEqual([]);
  });
});

test("an aborted call fails in grammY's own words and sends nothing, and the next one does", async () => {
  const emulator = await telegram();
  const { api } = install(botAt(emulator));
  const abort = new AbortController();
  abort.abort();
  await expect(api.sendMessage(7, "a", {}, abort.signal as never)).rejects.toThrow(
    "Network request for 'sendMessage' failed!",
  );
  await api.sendMessage(7, "a");
  expect(emulator.ledger.requests({ method: "sendMessage" })).toHaveLength(1);
});

test("a stream goes out whole, under its name", async () => {
  const emulator = await telegram();
  const { api } = install(botAt(emulator));
  const stream = Readable.from([Buffer.from("some "), Buffer.from("bytes")]);
  await api.sendDocument(7, new InputFile(stream, "a.txt"));
  const [received] = emulator.ledger.received(7);
  expect(received?.payload.document).toMatchObject({ size: 10, filename: "a.txt" });
});
