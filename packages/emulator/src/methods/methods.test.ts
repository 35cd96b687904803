import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Api } from "grammy";
import { beforeEach, describe, expect, it } from "vitest";
import { createEmulator, type Emulator } from "../index.js";
import { isCreating } from "./method.js";
import { METHODS } from "./table.js";

const TOKEN = "42:secret";
const UPDATE_METHODS = ["getUpdates", "setWebhook", "deleteWebhook", "getWebhookInfo"];
const FILE = "https://example.org/file.bin";

/** Method names and result types, as the types package's text declares them. */
function documented(): Map<string, string> {
  const root = dirname(createRequire(import.meta.url).resolve("@grammyjs/types/package.json"));
  const text = readFileSync(join(root, "methods.d.ts"), "utf8").replaceAll(/\/\*\*[\s\S]*?\*\//g, "");
  const body = text.slice(text.indexOf("export type ApiMethods"));
  return new Map(
    [...body.matchAll(/^ {4}(\w+)\([\s\S]*?\): ([^;{}]+);$/gm)].map(([, name, result]) => [name!, result!]),
  );
}

describe("the method table", () => {
  const methods = documented();

  it("knows exactly the methods that the types package declares", () => {
    expect(methods.size).toBeGreaterThan(180);
    expect([...Object.keys(METHODS), ...UPDATE_METHODS].sort()).toEqual([...methods.keys()].sort());
  });

  it("every method that sends a message does so here", () => {
    const creates = /^(send|copy|forward|post|repost|gift)/;
    const acts = /(Draft|ChatAction|WebApp)$/;
    const expected = [...methods.keys()].filter((name) => creates.test(name) && !acts.test(name));
    const actual = Object.entries(METHODS).filter(([, method]) => isCreating(method));
    expect(actual.map(([name]) => name).sort()).toEqual(expected.sort());
  });

  it("every method whose result is `true` has some answer", async () => {
    const emulator = createEmulator();
    for (const [name, result] of methods) {
      if (result.trim() !== "true" || isCreating(METHODS[name] ?? { act: () => 0 })) continue;
      const response = await emulator.fetch(`http://x/bot${TOKEN}/${name}?chat_id=7&user_id=7`);
      const body = (await response.json()) as { ok: boolean; result?: unknown; error_code?: number };
      expect([name, body.ok ? body.result : body.error_code]).toEqual([name, body.ok ? true : 400]);
    }
  });
});

describe("every message-creating method gives a result of its own shape", () => {
  let emulator: Emulator;
  beforeEach(() => {
    emulator = createEmulator();
    emulator.say(TOKEN, { chat: 9, text: "source" });
  });

  const media = (kind: string) => ({ [kind]: FILE });
  const album = [1, 2].map((n) => ({ type: "photo", media: `${FILE}?${n}` }));
  const place = { latitude: 1.5, longitude: 2.5 };
  const source = { from_chat_id: 9, message_id: 1 };
  const sources = { from_chat_id: 9, message_ids: [1] };
  const invoice = {
    title: "T",
    description: "D",
    payload: "P",
    currency: "XTR",
    prices: [{ label: "L", amount: 5 }],
  };
  const business = { business_connection_id: "b1" };

  const shapes: Record<string, [payload: object, result: unknown]> = {
    sendMessage: [{ text: "hi" }, { text: "hi" }],
    sendRichMessage: [
      { rich_message: { html: "<b>hi</b>" } },
      { rich_message: { blocks: [{ text: "hi" }] } },
    ],
    sendPhoto: [
      media("photo"),
      { photo: expect.arrayContaining([expect.objectContaining({ width: 1280 })]) },
    ],
    sendLivePhoto: [{ ...media("live_photo"), ...media("photo") }, { live_photo: { duration: 1 } }],
    sendAudio: [media("audio"), { audio: { duration: 1 } }],
    sendDocument: [media("document"), { document: { file_name: "file.bin" } }],
    sendVideo: [media("video"), { video: { width: 640 } }],
    sendAnimation: [media("animation"), { animation: { width: 640 }, document: {} }],
    sendVoice: [media("voice"), { voice: { duration: 1 } }],
    sendVideoNote: [media("video_note"), { video_note: { length: 240 } }],
    sendSticker: [media("sticker"), { sticker: { type: "regular" } }],
    sendPaidMedia: [{ star_count: 5, media: album }, { paid_media: { star_count: 5 } }],
    sendMediaGroup: [{ media: album }, [{ message_id: 1 }, { message_id: 2, photo: expect.any(Array) }]],
    sendLocation: [place, { location: place }],
    sendVenue: [
      { ...place, title: "T", address: "A" },
      { venue: { title: "T" }, location: place },
    ],
    sendContact: [{ phone_number: "+1", first_name: "F" }, { contact: { phone_number: "+1" } }],
    sendPoll: [
      { question: "Q", options: [{ text: "a" }, { text: "b" }] },
      { poll: { options: [{ text: "a" }, {}] } },
    ],
    sendChecklist: [
      { ...business, checklist: { title: "T", tasks: [{ id: 1, text: "t" }] } },
      { checklist: { tasks: [{ id: 1 }] }, business_connection_id: "b1" },
    ],
    sendDice: [{ emoji: "🎯" }, { dice: { emoji: "🎯", value: expect.any(Number) } }],
    sendGame: [{ game_short_name: "g" }, { game: { title: "g" } }],
    sendInvoice: [invoice, { invoice: { total_amount: 5 } }],
    copyMessage: [source, { message_id: 1 }],
    copyMessages: [sources, [{ message_id: 1 }]],
    forwardMessage: [source, { text: "source", forward_origin: { type: "user" } }],
    forwardMessages: [sources, [{ message_id: 1 }]],
    sendGift: [{ gift_id: "g" }, true],
    giftPremiumSubscription: [{ user_id: 7, month_count: 3, star_count: 1000 }, true],
    postStory: [{ ...business, content: {} }, { id: 1 }],
    repostStory: [{ ...business, from_chat_id: 1, from_story_id: 1 }, { id: 1 }],
  };

  it("and the table of this test leaves none out", () => {
    const creating = Object.entries(METHODS).filter(([, method]) => isCreating(method));
    expect(Object.keys(shapes).sort()).toEqual(creating.map(([name]) => name).sort());
  });

  it.each(Object.entries(shapes))("%s", async (method, [payload, result]) => {
    const response = await emulator.fetch(`http://x/bot${TOKEN}/${method}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ chat_id: 7, ...payload }),
    });
    const body = (await response.json()) as { ok: boolean; result: unknown };
    expect(body).toMatchObject({ ok: true, result });
    expect(emulator.ledger.count({ method })).toBe(Array.isArray(result) ? result.length : 1);
  });
});

describe("Telegram's refusals", () => {
  let emulator: Emulator;
  let api: Api;
  beforeEach(() => {
    emulator = createEmulator();
    api = new Api(TOKEN, { fetch: emulator.fetch });
  });

  it("of what makes no message", async () => {
    await expect(api.sendMessage(7, "")).rejects.toThrow("message text is empty");
    await expect(api.sendMessage(7, "x".repeat(4097))).rejects.toThrow("message is too long");
    await expect(api.raw.sendMessage({ text: "x" } as never)).rejects.toThrow("chat_id is empty");
    await expect(api.sendMessage("nobody", "x")).rejects.toThrow("chat not found");
    await expect(api.sendPhoto(7, "AgACmadeup")).rejects.toThrow("wrong file identifier/HTTP URL specified");
    await expect(api.sendMessage(7, "<b>x", { parse_mode: "HTML" })).rejects.toThrow("can't parse entities");
  });

  it("of chats that a bot may not write to", async () => {
    emulator.chat(7, { blocked: true });
    emulator.chat(-5, { migratedTo: -1005 });
    await expect(api.sendMessage(7, "x")).rejects.toMatchObject({ error_code: 403 });
    await expect(api.sendMessage(-5, "x")).rejects.toMatchObject({
      parameters: { migrate_to_chat_id: -1005 },
    });
  });

  it("of edits to what is not there, or says the same already", async () => {
    const { message_id } = await api.sendMessage(7, "one");
    await expect(api.editMessageText(7, 999, "two")).rejects.toThrow("message to edit not found");
    await expect(api.editMessageText(7, message_id, "one")).rejects.toThrow("message is not modified");
    expect(await api.editMessageText(7, message_id, "two")).toMatchObject({
      text: "two",
      edit_date: expect.any(Number),
    });
    expect(await api.deleteMessage(7, message_id)).toBe(true);
    await expect(api.deleteMessage(7, message_id)).rejects.toThrow("message to delete not found");
  });
});

it("HTML becomes text and entities, with what was escaped", async () => {
  const api = new Api(TOKEN, { fetch: createEmulator().fetch });
  const html = 'a <b>bold <i>both</i></b> &lt;c&gt; <a href="https://x.org/?a=1&amp;b=2">link</a>';
  expect(await api.sendMessage(7, html, { parse_mode: "HTML" })).toMatchObject({
    text: "a bold both <c> link",
    entities: [
      { type: "bold", offset: 2, length: 9 },
      { type: "italic", offset: 7, length: 4 },
      { type: "text_link", offset: 16, length: 4, url: "https://x.org/?a=1&b=2" },
    ],
  });
});

it("a channel is one chat under its name and its id", async () => {
  const emulator = createEmulator();
  const api = new Api(TOKEN, { fetch: emulator.fetch });
  const { chat, from } = await api.sendMessage("@News", "one");
  expect(chat).toMatchObject({ type: "channel", username: "News" });
  expect(from).toBeUndefined();
  await api.sendMessage(chat.id, "one");
  await api.sendMessage("@news", "two");
  expect(emulator.ledger.received("@NEWS").map(({ messageId }) => messageId)).toEqual([1, 2, 3]);
  expect(emulator.ledger.doubled()).toMatchObject([{ text: "one", times: 2 }]);
});
