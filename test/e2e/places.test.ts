import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { pathToFileURL } from "node:url";
import { currentUpdate, delivery, memoryStore } from "@sendonce/core";
import type { EmulatorOptions } from "@sendonce/emulator";
import { describe, expect, onTestFinished, test } from "vitest";
import { telegram, textsOf, token } from "../kit/telegram.js";
import { dialects } from "./dialects.js";

/** A folder that goes when the test ends. */
async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "sendonce-places-"));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

describe.for(dialects.map((dialect) => [dialect.name, dialect] as const))("by %s", ([, dialect]) => {
  const opened = async (options: EmulatorOptions = {}) => {
    const emulator = await telegram(options);
    return { emulator, bot: dialect.open({ apiRoot: emulator.url }) };
  };

  describe("a Bot API server of one's own", () => {
    test("is reached below the path of its apiRoot, and what is sent twice goes out once", async () => {
      const { emulator, bot } = await opened({ path: "/behind/a/proxy" });
      const first = await bot.call("sendMessage", { chat_id: 7, text: "hello" });
      const second = await bot.call("sendMessage", { chat_id: 7, text: "hello" });
      expect(second.message_id).toBe(first.message_id);
      expect(textsOf(emulator, 7)).toEqual(["hello"]);
    });

    test("a file:/// URL is a text to us: the server reads the file, and the text is the key", async () => {
      const files = await folder();
      const { emulator, bot } = await opened({ localFiles: join(files, "kept") });
      const [a, b] = ["a.txt", "b.txt"].map((name) => join(files, name)) as [string, string];
      for (const path of [a, b]) await writeFile(path, "the same content");
      const send = (path: string) =>
        bot.call("sendDocument", { chat_id: 7, document: pathToFileURL(path).href });
      for (const path of [a, a, b]) await send(path);
      expect(emulator.ledger.received(7).map(({ payload }) => payload.document)).toEqual(
        [a, b].map((path) => pathToFileURL(path).href),
      );
    });

    test("getFile answers with a path on the server's disk, untouched", async () => {
      const files = await folder();
      const { bot } = await opened({ localFiles: files });
      await writeFile(join(files, "letter.txt"), "content");
      const { document } = await bot.call<{ document: { file_id: string } }>("sendDocument", {
        chat_id: 7,
        document: pathToFileURL(join(files, "letter.txt")).href,
      });
      const { file_path } = await bot.call<{ file_path: string }>("getFile", { file_id: document.file_id });
      expect(isAbsolute(file_path)).toBe(true);
      expect(await readFile(file_path, "utf8")).toBe("content");
    });

    test("logOut and close go out at once, in the middle of a flood, as often as they are called", async () => {
      const { emulator, bot } = await opened();
      emulator.fault({ method: "sendMessage", kind: "429", retryAfter: 30, scope: "bot" });
      const impatient = { chat_id: 7, text: "later", ...delivery({ maxWaitMs: 0 }) };
      await expect(bot.call("sendMessage", impatient)).rejects.toThrow("retry after 30");
      for (const method of ["logOut", "logOut", "close"]) expect(await bot.call(method, {})).toBe(true);
      const asked = emulator.ledger.requests().map(({ method }) => method);
      expect(asked).toEqual(["sendMessage", "logOut", "logOut", "close"]);
    });
  });

  describe("the test environment", () => {
    test("gets what is meant for it, once", async () => {
      const emulator = await telegram();
      const bot = dialect.open({ apiRoot: emulator.url, isTest: true });
      for (let n = 0; n < 2; n++) await bot.call("sendMessage", { chat_id: 7, text: "hello" });
      expect(emulator.test.ledger.received(7)).toHaveLength(1);
      expect(emulator.ledger.requests()).toEqual([]);
    });

    test("over one store, the bot of the same id is another bot under a namespace of its own", async () => {
      const emulator = await telegram();
      const store = memoryStore();
      const place = { apiRoot: emulator.url };
      const production = dialect.open(place, { store });
      const trial = dialect.open({ ...place, isTest: true }, { store, namespace: "4242-test" });
      for (const bot of [production, trial]) await bot.call("sendMessage", { chat_id: 7, text: "hello" });
      expect(emulator.ledger.received(7)).toHaveLength(1);
      expect(emulator.test.ledger.received(7)).toHaveLength(1);
    });

    test("over one store and without one, the two are taken for each other: a known limit", async () => {
      const emulator = await telegram();
      const store = memoryStore();
      for (const isTest of [false, true]) {
        const bot = dialect.open({ apiRoot: emulator.url, isTest }, { store });
        await bot.call("sendMessage", { chat_id: 7, text: "hello" });
      }
      expect(emulator.test.ledger.received(7)).toEqual([]);
    });
  });

  describe("business connections", () => {
    const to = (connection?: string) => ({
      chat_id: 7,
      ...(connection && { business_connection_id: connection }),
    });

    test("the same words to one customer by two connections, and by the bot itself, are three messages", async () => {
      const { emulator, bot } = await opened();
      for (const connection of ["shop", "shop", "bakery", undefined, undefined])
        await bot.call("sendMessage", { ...to(connection), text: "open till six" });
      const by = emulator.ledger.received(7).map(({ payload }) => payload.business_connection_id);
      expect(by).toEqual(["shop", "bakery", undefined]);
    });

    test("a chat's flood belongs to its connection: it holds the same chat of no other", async () => {
      const { emulator, bot } = await opened();
      const flood = emulator.fault({ method: "sendMessage", kind: "429", retryAfter: 20, enforce: true });
      const send = (connection: string | undefined, text: string) =>
        bot.call("sendMessage", { ...to(connection), text, ...delivery({ maxWaitMs: 0 }) });
      const refused = await send("shop", "one").catch(bot.refused);
      expect(refused).toMatchObject({ code: 429, parameters: { retry_after: 20 } });
      expect(flood.hits).toBe(1);
      await send("bakery", "two");
      await send(undefined, "three");
      await expect(send("shop", "four")).rejects.toSatisfy((e) => bot.refused(e).code === 429);
      expect(textsOf(emulator, 7)).toEqual(["two", "three"]);
      expect(emulator.ledger.duringFlood()).toEqual([]);
    });

    test("a customer's message is an update like any other: its sender is known, its answers go out once", async () => {
      const { emulator, bot } = await opened();
      const update = emulator.say(token, { chat: 7, text: "open today?", business: "shop" });
      const seen: unknown[] = [];
      const answer = async () => {
        seen.push(currentUpdate());
        await bot.call("sendMessage", { ...to("shop"), text: "yes" });
      };
      await bot.handle(update, answer);
      await bot.handle(update, answer);
      expect(seen).toMatchObject([{ updateId: update.update_id, userId: 7 }]);
      expect(textsOf(emulator, 7)).toEqual(["yes"]);
      await bot.handle(emulator.say(token, { chat: 7, text: "and now?", business: "shop" }), answer);
      expect(textsOf(emulator, 7)).toEqual(["yes", "yes"]);
    });
  });

  describe("forum topics", () => {
    const group = -1001;

    test("the same words in two topics are two messages, and a replay still names its topic", async () => {
      const { emulator, bot } = await opened();
      const post = (topic: number) =>
        bot.call<{ message_id: number; message_thread_id?: number }>("sendMessage", {
          chat_id: group,
          message_thread_id: topic,
          text: "welcome",
        });
      const [first, other, again] = [await post(11), await post(12), await post(11)];
      expect([first, other, again].map((m) => m.message_thread_id)).toEqual([11, 12, 11]);
      expect(again.message_id).toBe(first.message_id);
      expect(emulator.ledger.received(group)).toHaveLength(2);
    });

    test("another process replays a topic's message with its topic", async () => {
      const emulator = await telegram();
      const store = memoryStore();
      const answers = [];
      for (let process = 0; process < 2; process++) {
        const bot = dialect.open({ apiRoot: emulator.url }, { store });
        answers.push(
          await bot.call("sendMessage", { chat_id: group, message_thread_id: 11, text: "welcome" }),
        );
      }
      expect(answers[1]).toMatchObject({ message_thread_id: 11, chat: { id: group } });
      expect(emulator.ledger.received(group)).toHaveLength(1);
    });

    test("all topics share their group's limit", async () => {
      const { emulator, bot } = await opened();
      const post = (n: number) =>
        bot.call("sendMessage", {
          chat_id: group,
          message_thread_id: n % 3,
          text: `${n}`,
          ...delivery({ maxWaitMs: 0 }),
        });
      const posts = await Promise.allSettled(Array.from({ length: 25 }, (_, n) => post(n)));
      expect(posts.filter(({ status }) => status === "fulfilled")).toHaveLength(20);
      expect(emulator.ledger.floods()).toEqual([]);
    });

    test("topics are created as often as they are asked for", async () => {
      const { emulator, bot } = await opened();
      const create = () =>
        bot.call<{ message_thread_id: number }>("createForumTopic", { chat_id: group, name: "News" });
      expect((await create()).message_thread_id).not.toBe((await create()).message_thread_id);
      expect(emulator.ledger.requests({ method: "createForumTopic" })).toHaveLength(2);
    });
  });

  describe("a group that became a supergroup", () => {
    test("the refusal names the new id, and the repeat to it goes out", async () => {
      const { emulator, bot } = await opened();
      const { to } = emulator.migrate(token, -5);
      const refused = await bot.call("sendMessage", { chat_id: -5, text: "news" }).catch(bot.refused);
      expect(refused).toEqual({ code: 400, parameters: { migrate_to_chat_id: to } });
      await bot.call("sendMessage", { chat_id: to, text: "news" });
      expect(textsOf(emulator, to)).toEqual(["news"]);
    });

    test("a refused message is forgotten, under a key of its own too: it can be sent to the new id", async () => {
      const { emulator, bot } = await opened();
      const { to } = emulator.migrate(token, -5);
      const news = (chat: number) =>
        bot.call("sendMessage", { chat_id: chat, text: "news", ...delivery({ key: "news-1" }) });
      for (let n = 0; n < 2; n++) expect(await news(-5).catch(bot.refused)).toMatchObject({ code: 400 });
      for (let n = 0; n < 2; n++) await news(to);
      expect(emulator.ledger.requests({ chat: -5 })).toHaveLength(2);
      expect(textsOf(emulator, to)).toEqual(["news"]);
    });

    test("a handler that repeats to the new id sends once, however often its update comes", async () => {
      const { emulator, bot } = await opened();
      const update = emulator.say(token, { chat: -5, text: "/news" });
      const { to } = emulator.migrate(token, -5);
      let failures = 0;
      const handler = async () => {
        try {
          await bot.call("sendMessage", { chat_id: -5, text: "news" });
        } catch (error) {
          const { migrate_to_chat_id } = bot.refused(error).parameters as { migrate_to_chat_id: number };
          await bot.call("sendMessage", { chat_id: migrate_to_chat_id, text: "news" });
        }
        if (failures++ === 0) throw new Error("the database is away");
      };
      await expect(bot.handle(update, handler)).rejects.toThrow();
      await bot.handle(update, handler);
      expect(failures).toBe(2);
      expect(textsOf(emulator, to)).toEqual(["news"]);
    });

    test("both service messages reach handlers, with the same sender and an update each", async () => {
      const { emulator, bot } = await opened();
      const { to, updates } = emulator.migrate(token, -5);
      const seen: (number | undefined)[] = [];
      for (const update of updates) {
        const handler = async () => {
          seen.push(currentUpdate()?.updateId);
          await bot.call("sendMessage", { chat_id: to, text: "we have moved" });
        };
        await bot.handle(update, handler);
      }
      expect(seen).toEqual(updates.map(({ update_id }) => update_id));
      expect(textsOf(emulator, to)).toEqual(["we have moved", "we have moved"]);
    });
  });
});
