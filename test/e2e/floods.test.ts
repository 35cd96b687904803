import { Readable } from "node:stream";
import { createGuard, install } from "@sendonce/grammy";
import { InputFile } from "grammy";
import { describe, expect, test } from "vitest";
import { botAt, telegram, textsOf, token, virtualTelegram } from "../kit/telegram.js";

describe("a 429", () => {
  test("is waited for, then the message goes out once; nothing reaches the frozen chat meanwhile", async () => {
    const { clock, emulator, bot } = virtualTelegram();
    emulator.fault({ method: "sendMessage", chat: 7, kind: "429", retryAfter: 12, enforce: true });
    const sent: Promise<unknown>[] = [bot.api.sendMessage(7, "first")];
    await clock.advance(1_000);
    for (const text of ["second", "third"]) sent.push(bot.api.sendMessage(7, text));
    sent.push(bot.api.sendMessage(8, "elsewhere"));
    await clock.advance(5_000);
    expect(textsOf(emulator, 8)).toEqual(["elsewhere"]);
    expect(textsOf(emulator, 7)).toEqual([]);
    await clock.run(Promise.all(sent));
    expect(textsOf(emulator, 7)).toEqual(["first", "second", "third"]);
    expect(emulator.ledger.floods()).toHaveLength(1);
    expect(emulator.ledger.duringFlood()).toEqual([]);
  });

  test("edits and chat actions wait for the thaw too, and are not paid for", async () => {
    const { clock, emulator, bot } = virtualTelegram();
    const { message_id } = await clock.run(bot.api.sendMessage(7, "draft"));
    emulator.fault({ method: "sendMessage", chat: 7, kind: "429", retryAfter: 5, enforce: true });
    const sent = bot.api.sendMessage(7, "more");
    await clock.advance(100);
    const edited = bot.api.editMessageText(7, message_id, "final");
    const typing = bot.api.sendChatAction(7, "typing");
    await clock.run(Promise.all([sent, edited, typing]));
    expect(emulator.ledger.duringFlood()).toEqual([]);
  });

  test("a 429 to an edit freezes the chat for messages", async () => {
    const { clock, emulator, bot } = virtualTelegram();
    const { message_id } = await clock.run(bot.api.sendMessage(7, "draft"));
    emulator.fault({ method: "editMessageText", chat: 7, kind: "429", retryAfter: 6, enforce: true });
    const edited = bot.api.editMessageText(7, message_id, "final");
    await clock.advance(100);
    const from = clock.now();
    await clock.run(Promise.all([edited, bot.api.sendMessage(7, "next")]));
    expect(clock.now() - from).toBeGreaterThan(5_000);
    expect(emulator.ledger.duringFlood()).toEqual([]);
  });

  test("is handed to the caller untouched when it lasts longer than maxWaitMs", async () => {
    const { clock, emulator, bot } = virtualTelegram({ guard: { maxWaitMs: 3_000 } });
    emulator.fault({ method: "sendMessage", chat: 7, kind: "429", retryAfter: 30, enforce: true });
    await expect(clock.run(bot.api.sendMessage(7, "a"))).rejects.toMatchObject({
      error_code: 429,
      description: "Too Many Requests: retry after 30",
      parameters: { retry_after: 30 },
    });
    await expect(clock.run(bot.api.sendMessage(7, "b"))).rejects.toMatchObject({
      error_code: 429,
      parameters: { retry_after: 30, sendonce: { code: "rate_limited" } },
    });
    expect(emulator.ledger.requests({ method: "sendMessage" })).toHaveLength(1);
    await clock.advance(30_000);
    await clock.run(bot.api.sendMessage(7, "a"));
    expect(textsOf(emulator, 7)).toEqual(["a"]);
  });

  test("is tried again three times at most", async () => {
    const { clock, emulator, bot } = virtualTelegram();
    emulator.fault({ method: "sendMessage", chat: 7, kind: "429", retryAfter: 2, times: 10 });
    await expect(clock.run(bot.api.sendMessage(7, "a"))).rejects.toMatchObject({ error_code: 429 });
    expect(emulator.ledger.requests({ method: "sendMessage" })).toHaveLength(4);
  });

  test("of an album is of unknown outcome: the chat is frozen, the album is not repeated", async () => {
    const { clock, emulator, bot } = virtualTelegram();
    const album = [{ type: "photo" as const, media: "https://example.com/a.jpg" }];
    emulator.fault({ method: "sendMediaGroup", chat: 7, kind: "429", retryAfter: 4, enforce: true });
    await expect(clock.run(bot.api.sendMediaGroup(7, album))).rejects.toMatchObject({ error_code: 429 });
    await expect(clock.run(bot.api.sendMediaGroup(7, album))).rejects.toMatchObject({
      error_code: 409,
      parameters: { sendonce: { code: "ambiguous" } },
    });
    await clock.run(bot.api.sendMessage(7, "after the thaw"));
    expect(emulator.ledger.duringFlood()).toEqual([]);
  });

  test("events tell the flood", async () => {
    const emulator = await telegram();
    const guard = createGuard();
    const floods: number[] = [];
    guard.on("freeze", ({ retryAfterMs }) => floods.push(retryAfterMs));
    const bot = install(botAt(emulator), guard);
    emulator.fault({ method: "sendMessage", kind: "429", retryAfter: 1 });
    await bot.api.sendMessage(7, "a");
    expect(floods).toEqual([1_000]);
  });

  test("known limit: a server that shuts down may answer 429 to a message it did send", async () => {
    const { clock, emulator, bot } = virtualTelegram();
    emulator.fault({ method: "sendMessage", kind: "restart", ms: 1_000, commit: true });
    await clock.run(bot.api.sendMessage(7, "a"));
    expect(textsOf(emulator, 7)).toEqual(["a", "a"]);
  });
});

describe("a stream", () => {
  const stream = () => new InputFile(Readable.from([Buffer.from("some "), Buffer.from("bytes")]), "a.txt");

  test("is sent once and whole", async () => {
    const emulator = await telegram();
    const { api } = install(botAt(emulator));
    await api.sendDocument(7, stream());
    const [received] = emulator.ledger.received(7);
    expect(received?.payload.document).toMatchObject({ size: 10, filename: "a.txt" });
  });

  test("is not sent again after a 429, and never empty", async () => {
    const emulator = await telegram();
    const { api } = install(botAt(emulator));
    emulator.fault({ method: "sendDocument", kind: "429", retryAfter: 1 });
    await expect(api.sendDocument(7, stream())).rejects.toMatchObject({ error_code: 429 });
    expect(emulator.ledger.requests({ method: "sendDocument" })).toHaveLength(1);
    expect(emulator.ledger.received(7)).toEqual([]);
  });

  test("inside an update is recognised by its place", async () => {
    const emulator = await telegram();
    const bot = install(botAt(emulator));
    bot.on("message", async (ctx) => {
      await ctx.replyWithDocument(stream());
      throw new Error("the handler fails after sending");
    });
    const update = emulator.say<never>(token, { chat: 7, text: "send it" });
    for (let i = 0; i < 2; i++) await expect(bot.handleUpdate(update)).rejects.toThrow("fails after sending");
    expect(emulator.ledger.received(7)).toHaveLength(1);
  });
});
