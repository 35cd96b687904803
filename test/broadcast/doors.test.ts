import type { BroadcastFailure } from "@sendonce/core";
import * as sendonceGrammy from "@sendonce/grammy";
import * as sendonceTelegraf from "@sendonce/telegraf";
import { describe, expect, test } from "vitest";
import { telegrafAt, telegramAt } from "../kit/telegraf.js";
import { apiAt, botAt, telegram, textsOf, token } from "../kit/telegram.js";
import { doors } from "./doors.js";

const people = (count: number): number[] => Array.from({ length: count }, (_, i) => 1_000 + i);
const cat = new Uint8Array(2_000).fill(7);

describe.each(doors)("a broadcast by $name", ({ open, unguarded, bytes, path, stream }) => {
  test("reaches everybody once, and each with his own words", async () => {
    const emulator = await telegram({ limits: false });
    const list = people(40).map((chat_id) => ({ chat_id, name: `user ${chat_id}` }));
    const send = open(emulator);
    const run = () => send([...list, ...list], ({ name }) => ({ text: `Dear ${name}` }), { id: "hello" });
    expect(await run()).toMatchObject({ state: "done", done: 80, sent: 40, replayed: 40, failed: 0 });
    expect(await run()).toMatchObject({ sent: 0, replayed: 80 });
    expect(emulator.ledger.count()).toBe(40);
    expect(textsOf(emulator, 1_007)).toEqual(["Dear user 1007"]);
  });

  test("uploads a photo once for 50 people", async () => {
    const emulator = await telegram({ limits: false });
    const send = open(emulator);
    const run = send(people(50), { photo: bytes(cat), caption: "Look" }, { id: "cat" });
    expect(await run).toMatchObject({ sent: 50, failed: 0 });
    const photos = emulator.ledger.received().map(({ payload }) => payload.photo);
    expect(photos).toHaveLength(50);
    expect(photos.filter((photo) => typeof photo === "object")).toHaveLength(1);
    expect(new Set(photos.filter((photo) => typeof photo === "string")).size).toBe(1);
  });

  test("uploads what each message brings anew by its content", async () => {
    const emulator = await telegram({ limits: false });
    const send = open(emulator);
    const files = [cat, new Uint8Array(2_000).fill(8)];
    const run = send(people(20), (chat) => ({ document: bytes(files[chat % 2]!) }), { id: "cats" });
    expect(await run).toMatchObject({ sent: 20 });
    const documents = emulator.ledger.received().map(({ payload }) => payload.document);
    expect(documents.filter((document) => typeof document === "object")).toHaveLength(2);
  });

  test("reports who blocked the bot, and serves a group that has moved where it is now", async () => {
    const emulator = await telegram({ limits: false });
    emulator.chat(1_003, { blocked: true });
    emulator.chat(1_004, { deactivated: true });
    const { to } = emulator.migrate(token, -7);
    const failures: BroadcastFailure[] = [];
    const migrations: object[] = [];
    const send = open(emulator);
    const run = send([...people(10), -7], "News", {
      id: "news",
      onFailed: (one) => failures.push(one),
      onMigrated: (one) => migrations.push(one),
    });
    expect(await run).toMatchObject({ sent: 9, failed: 2, migrated: 1 });
    expect(failures.map(({ recipient, kind }) => ({ recipient, kind }))).toEqual(
      expect.arrayContaining([
        { recipient: 1_003, kind: "blocked" },
        { recipient: 1_004, kind: "deactivated" },
      ]),
    );
    expect(migrations).toEqual([{ recipient: -7, to }]);
    expect(textsOf(emulator, to)).toEqual(["News"]);
    const asked = emulator.ledger.requests({ method: "sendMessage" });
    expect(asked.filter(({ chat }) => chat === 1_003)).toHaveLength(1);
  });

  test("waits for a flood, and repeats what it refused", async () => {
    const emulator = await telegram({ limits: false });
    emulator.fault({ method: "sendMessage", kind: "429", retryAfter: 1, after: 5, enforce: true });
    const send = open(emulator);
    expect(await send(people(20), "News", { id: "news" })).toMatchObject({ sent: 20, failed: 0 });
    expect(emulator.ledger.doubled()).toEqual([]);
    expect(emulator.ledger.floods()).toHaveLength(1);
  });

  test("does not repeat what may have been received, and says whom to look after", async () => {
    const emulator = await telegram({ limits: false });
    emulator.fault({ method: "sendMessage", chat: 1_001, kind: "cut-after" });
    emulator.fault({ method: "sendMessage", chat: 1_002, kind: "html" });
    const failures: BroadcastFailure[] = [];
    const send = open(emulator);
    const run = send(people(5), "News", { id: "news", onFailed: (one) => failures.push(one) });
    expect(await run).toMatchObject({ sent: 3, failures: { unknown: 2 } });
    expect(failures.map(({ recipient }) => recipient).sort()).toEqual([1_001, 1_002]);
    expect(textsOf(emulator, 1_001)).toEqual(["News"]);
    expect(emulator.ledger.doubled()).toEqual([]);
  });

  test("ends with the framework's own error when the token is refused", async () => {
    const emulator = await telegram({ bots: ["5:other"] });
    const run = open(emulator)(people(500), "News", { id: "news" });
    await expect(run).rejects.toThrow(/401: Unauthorized/);
    expect(run.progress.state).toBe("failed");
  });

  test("a file that is not there ends it, and one that is only there for some is theirs alone", async () => {
    const emulator = await telegram({ limits: false });
    const send = open(emulator);
    await expect(send(people(3), { document: path("gone.pdf") }, { id: "a" })).rejects.toThrow();
    const letter = (chat: number) => ({ document: chat === 1_001 ? path("gone.pdf") : bytes(cat) });
    expect(await send(people(3), letter, { id: "b" })).toMatchObject({ sent: 2, failures: { invalid: 1 } });
  });

  test("a stream reaches everybody; when its upload fails the broadcast ends, and nobody counts as unknown", async () => {
    const emulator = await telegram({ limits: false });
    const send = open(emulator);
    const first = await send(people(20), { document: stream(cat) }, { id: "a" });
    expect(first).toMatchObject({ sent: 20, failed: 0 });
    emulator.chat(1_000, { blocked: true });
    const run = send(people(20), { document: stream(cat) }, { id: "b" });
    await expect(run).rejects.toThrow(/stream/);
    expect(run.progress).toMatchObject({ sent: 0, failures: { blocked: 1, unknown: 0 } });
    const again = send(people(20), { document: bytes(cat) }, { id: "b" });
    expect(await again).toMatchObject({ sent: 19, failed: 1 });
  });

  test("asks for a guarded bot", async () => {
    const emulator = await telegram();
    expect(() => unguarded(emulator)([1], "News", { id: "news" })).toThrow(/install\(bot\) first/);
  });
});

describe("what can be broadcast by", () => {
  test("grammY: an Api of its own, one with a plain transformer, and the api of a context", async () => {
    const emulator = await telegram({ limits: false });
    const api = sendonceGrammy.install(apiAt(emulator));
    expect(await sendonceGrammy.broadcast(api, [1], "a", { id: "a" })).toMatchObject({ sent: 1 });
    const bot = botAt(emulator);
    bot.api.config.use(sendonceGrammy.reliability());
    expect(await sendonceGrammy.broadcast(bot, [1], "b", { id: "b" })).toMatchObject({ sent: 1 });
    const totals: number[] = [];
    bot.on("message", async (ctx) => {
      for (let run = 0; run < 2; run++)
        totals.push((await sendonceGrammy.broadcast(ctx.api, [1], "c", { id: "c" })).sent);
    });
    await bot.handleUpdate(emulator.say(token, { chat: 9, text: "/news" }));
    expect(totals).toEqual([1, 0]);
    expect(textsOf(emulator, 1)).toEqual(["a", "b", "c"]);
  });

  test("Telegraf: a Telegram of its own, and the one of a context behind the middleware", async () => {
    const emulator = await telegram({ limits: false });
    const own = sendonceTelegraf.install(telegramAt(emulator));
    expect(await sendonceTelegraf.broadcast(own, [1], "a", { id: "a" })).toMatchObject({ sent: 1 });
    const bot = telegrafAt(emulator);
    bot.use(sendonceTelegraf.reliability());
    bot.on("message", async (ctx) => {
      await sendonceTelegraf.broadcast(ctx.telegram, [1], "b", { id: "b" });
    });
    await bot.handleUpdate(emulator.say(token, { chat: 9, text: "/news" }));
    expect(textsOf(emulator, 1)).toEqual(["a", "b"]);
    expect(() => sendonceTelegraf.broadcast(bot, [1], "c", { id: "c" })).toThrow(/install\(bot\) first/);
  });

  test("what is no bot is named", () => {
    expect(() => sendonceGrammy.broadcast(undefined as never, [1], "x", { id: "a" })).toThrow(
      /install\(bot\)/,
    );
    expect(() => sendonceTelegraf.broadcast({} as never, [1], "x", { id: "a" })).toThrow(/install\(bot\)/);
  });
});
