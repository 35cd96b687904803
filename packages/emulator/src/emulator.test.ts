import { Api, Bot, GrammyError, HttpError, InputFile } from "grammy";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createEmulator, type Emulator } from "./index.js";

const TOKEN = "42:secret";

describe("over HTTP, to a grammY Api", () => {
  let emulator: Emulator;
  let api: Api;

  beforeEach(async () => {
    emulator = createEmulator();
    api = new Api(TOKEN, { apiRoot: (await emulator.listen()).url });
  });
  afterEach(() => emulator.close());

  it("a sent message is in the ledger, once, for whom it was", async () => {
    const message = await api.sendMessage(7, "hello");
    expect(message).toMatchObject({ message_id: 1, text: "hello", chat: { id: 7, type: "private" } });
    expect(message.from).toMatchObject({ id: 42, is_bot: true });
    expect(emulator.ledger.received(7)).toMatchObject([{ bot: 42, method: "sendMessage", text: "hello" }]);
    expect(emulator.ledger.doubled()).toEqual([]);
  });

  it("an uploaded photo comes back in sizes, and its file id can be sent again", async () => {
    const first = await api.sendPhoto(7, new InputFile(Buffer.from("pixels"), "my cat.jpg"), {
      caption: "cat",
    });
    const again = await api.sendPhoto(7, first.photo.at(-1)!.file_id);
    expect(again.photo.at(-1)).toEqual(first.photo.at(-1));
    expect(emulator.ledger.received()[0]).toMatchObject({
      caption: "cat",
      payload: { photo: { size: 6, filename: expect.stringContaining("cat.jpg") } },
    });
  });

  it("an empty upload is refused", async () => {
    await expect(api.sendDocument(7, new InputFile(Buffer.alloc(0), "empty.txt"))).rejects.toThrow(
      "file must be non-empty",
    );
  });

  it("an album comes as many messages with one media_group_id", async () => {
    const album = await api.sendMediaGroup(7, [
      { type: "photo", media: new InputFile(Buffer.from("a"), "a.jpg"), caption: "both" },
      { type: "photo", media: new InputFile(Buffer.from("b"), "b.jpg") },
    ]);
    expect(album).toHaveLength(2);
    expect(new Set(album.map((m) => (m as { media_group_id?: string }).media_group_id)).size).toBe(1);
    expect(emulator.ledger.count({ chat: 7 })).toBe(2);
  });

  it("cut-after: the client sees a broken connection, the person sees the message", async () => {
    emulator.fault({ method: "sendMessage", kind: "cut-after" });
    await expect(api.sendMessage(7, "hello")).rejects.toThrow(HttpError);
    expect(emulator.ledger.count({ text: "hello" })).toBe(1);
    await api.sendMessage(7, "hello");
    expect(emulator.ledger.doubled()).toMatchObject([{ chat: 7, text: "hello", times: 2 }]);
  });

  it("cut-before: the client sees a broken connection, the person sees nothing", async () => {
    emulator.fault({ kind: "cut-before" });
    await expect(api.sendMessage(7, "hello")).rejects.toThrow(HttpError);
    expect(emulator.ledger.count()).toBe(0);
  });

  it("an HTML page from a proxy is an HttpError", async () => {
    emulator.fault({ kind: "html", status: 502 });
    await expect(api.sendMessage(7, "hello")).rejects.toThrow(HttpError);
  });

  it("a hang ends when the client gives up, and with commit the message was sent", async () => {
    emulator.fault({ kind: "hang", commit: true });
    const giveUp = new AbortController();
    const sent = api.sendMessage(7, "hello", {}, giveUp.signal as never);
    await expect.poll(() => emulator.ledger.count()).toBe(1);
    giveUp.abort();
    await expect(sent).rejects.toThrow(HttpError);
  });

  it("close ends what hangs", async () => {
    emulator.fault({ kind: "hang" });
    const sent = api.sendMessage(7, "hello");
    sent.catch(() => {});
    await expect.poll(() => emulator.ledger.requests().length).toBe(1);
    await emulator.close();
    await expect(sent).rejects.toThrow(HttpError);
  });

  it("a restart answers 429 for a message that it did send, and for new ones until it is back", async () => {
    emulator.fault({ kind: "restart", ms: 60_000 });
    await expect(api.sendMessage(7, "one")).rejects.toMatchObject({
      error_code: 429,
      parameters: { retry_after: 5 },
    });
    await expect(api.sendMessage(7, "two")).rejects.toMatchObject({ error_code: 429 });
    expect(emulator.ledger.received().map(({ text }) => text)).toEqual(["one"]);
  });

  it("a bot answers what a person says, by long polling", async () => {
    const bot = new Bot(TOKEN, { client: { apiRoot: emulator.url } });
    bot.command("start", (ctx) => ctx.reply(`welcome ${ctx.from!.id}`));
    bot.on("callback_query:data", (ctx) => ctx.answerCallbackQuery(ctx.callbackQuery.data));
    const running = bot.start();
    emulator.say(TOKEN, { chat: 7, text: "/start" });
    await expect.poll(() => emulator.ledger.count({ text: "welcome 7" })).toBe(1);
    emulator.say(TOKEN, { chat: 7, callback: "more" });
    await expect.poll(() => emulator.ledger.requests({ method: "answerCallbackQuery" }).length).toBe(1);
    await bot.stop();
    await running;
    expect(emulator.pending(TOKEN)).toBe(0);
  });

  it("a person presses the button that carries a label, where it last stood", async () => {
    const button = (text: string) => ({ inline_keyboard: [[{ text, callback_data: `data of ${text}` }]] });
    await api.sendMessage(7, "menu", { reply_markup: button("Tea") });
    await api.sendMessage(7, "no button here");
    const { callback_query } = emulator.say(TOKEN, { chat: 7, callback: { label: "Tea" } });
    expect(callback_query).toMatchObject({ data: "data of Tea", message: { text: "menu" } });
    await api.editMessageReplyMarkup(7, 1, { reply_markup: button("Coffee") });
    expect(() => emulator.say(TOKEN, { chat: 7, callback: { label: "Tea" } })).toThrow(
      "no message with that",
    );
  });

  it("a file that a person sends can be downloaded", async () => {
    const document = { filename: "song.txt", bytes: Buffer.from("row, row") };
    const { message } = emulator.say(TOKEN, { chat: 7, document });
    expect(message).toMatchObject({ document: { file_name: "song.txt", file_size: 8 } });
    const { file_id } = (message as { document: { file_id: string } }).document;
    const { file_path } = await api.getFile(file_id);
    const file = await fetch(`${emulator.url}/file/bot${TOKEN}/${file_path}`);
    expect(await file.text()).toBe("row, row");
  });

  it("a wrong token is 401, an unknown method 404, both in Telegram's words", async () => {
    const at = async (path: string) => (await fetch(emulator.url + path)).json();
    expect(await at("/botnonsense/getMe")).toEqual({
      ok: false,
      error_code: 401,
      description: "Unauthorized",
    });
    expect(await at("/bot42:secret/noSuchMethod")).toEqual({
      ok: false,
      error_code: 404,
      description: "Not Found",
    });
    expect(await at("/nothing")).toMatchObject({ ok: false, error_code: 404 });
  });

  it("a flood is told in the body and in the Retry-After header", async () => {
    emulator.setLimits({ chat: { capacity: 1, refillPerSecond: 0.1 } });
    await api.sendMessage(7, "one");
    await expect(api.sendMessage(7, "two")).rejects.toThrow(GrammyError);
    const response = await fetch(`${emulator.url}/bot${TOKEN}/sendMessage?chat_id=7&text=three`);
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toBe("10");
    expect(await response.json()).toMatchObject({ description: "Too Many Requests: retry after 10" });
    expect(emulator.ledger.floods()).toHaveLength(2);
    expect(emulator.ledger.duringFlood()).toHaveLength(1);
  });
});
