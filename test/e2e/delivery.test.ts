import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { delivery, deliveryOf, install, withDelivery } from "@sendonce/grammy";
import { InputFile } from "grammy";
import { describe, expect, onTestFinished, test } from "vitest";
import { apiAt, botAt, telegram, token } from "../kit/telegram.js";

const key = { ...delivery({ key: "invoice-42", priority: "high", ttlMs: 60_000 }) };
const photo = () => new InputFile(Buffer.from("a photo"), "a.jpg");

/** The same key twice, with other words each time where the method has words: one message, the same id. */
describe("delivery() is obeyed", () => {
  test("in ctx.reply", async () => {
    const emulator = await telegram();
    const bot = install(botAt(emulator));
    const ids: number[] = [];
    bot.on("message", async (ctx) => {
      const { message_id } = await ctx.reply("Paid!", { parse_mode: "HTML", ...key });
      ids.push(message_id);
    });
    for (const text of ["a", "b"]) await bot.handleUpdate(emulator.say(token, { chat: 7, text }));
    expect(ids[1]).toBe(ids[0]);
    expect(emulator.ledger.count({ chat: 7 })).toBe(1);
  });

  test("in sendPhoto with a caption", async () => {
    const emulator = await telegram();
    const { api } = install(botAt(emulator));
    const first = await api.sendPhoto(7, photo(), { caption: "receipt", ...key });
    const second = await api.sendPhoto(7, photo(), { caption: "receipt", ...key });
    expect(second.message_id).toBe(first.message_id);
    expect(second.caption).toBe("receipt");
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

  test("in api.raw", async () => {
    const emulator = await telegram();
    const { api } = install(botAt(emulator));
    const send = () => api.raw.sendMessage({ chat_id: 7, text: "raw", ...key });
    const [first, second] = [await send(), await send()];
    expect(second.message_id).toBe(first.message_id);
    expect(deliveryOf(second)).toMatchObject({ replayed: true, attempts: 0 });
    expect(emulator.ledger.count({ chat: 7 })).toBe(1);
  });

  test("one key per chat: the same key in another chat is another message", async () => {
    const emulator = await telegram();
    const { api } = install(botAt(emulator));
    for (const chat of [7, 8, 7]) await api.sendMessage(chat, "Paid!", key);
    expect(emulator.ledger.count()).toBe(2);
  });

  test("repeating alerts go out when each has its own key", async () => {
    const emulator = await telegram();
    const { api } = install(botAt(emulator));
    for (const hour of [1, 2, 3])
      await api.sendMessage(7, "disk full", { ...delivery({ key: `alert-${hour}` }) });
    expect(emulator.ledger.count({ chat: 7 })).toBe(3);
  });
});

describe("withDelivery() is obeyed", () => {
  test("around a method that takes no options, and around several calls at once", async () => {
    const emulator = await telegram();
    const { api } = install(botAt(emulator));
    const post = () =>
      withDelivery({ key: "post-123" }, async () => {
        const { message_id } = await api.sendPhoto("@channel", photo());
        await api.sendMessage("@channel", "discuss");
        await api.sendMessage("@channel", "discuss");
        return message_id;
      });
    expect(await post()).toBe(await post());
    expect(emulator.ledger.count({ chat: "@channel" })).toBe(3);
  });

  test("inside a handler: the key, not the update, decides", async () => {
    const emulator = await telegram();
    const bot = install(botAt(emulator));
    bot.on("message", () => withDelivery({ key: "welcome" }, () => bot.api.sendMessage(9, "a new user")));
    for (const text of ["a", "b"]) await bot.handleUpdate(emulator.say(token, { chat: 7, text }));
    expect(emulator.ledger.count({ chat: 9 })).toBe(1);
  });
});

test("nothing of delivery() is on the wire, in JSON or in a form", async () => {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    bodies.push(await bodyOf(request));
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({ ok: true, result: { message_id: 1, date: 1, chat: { id: 7, type: "private" } } }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const { api } = install(botAt({ url } as never));
  await api.sendMessage(7, "json", { ...delivery({ key: "secret-key-1" }) });
  await api.sendPhoto(7, photo(), { caption: "form", ...delivery({ key: "secret-key-2" }) });
  await withDelivery({ key: "secret-key-3" }, () => api.sendMessage(7, "scope"));
  expect(bodies).toHaveLength(3);
  expect(bodies[0]).toBe('{"chat_id":7,"text":"json"}');
  expect(bodies.join()).not.toMatch(/secret-key|sendonce|priority/);
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("latin1");
}

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

  test("an aborted call sends nothing, and the next one does", async () => {
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
});
