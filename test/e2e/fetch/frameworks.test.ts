import { randomBytes } from "node:crypto";
import { realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { PassThrough, Readable, Stream } from "node:stream";
import { createGuard, type Guard, type GuardedFetch, guardFetch } from "@sendonce/core";
import { install } from "@sendonce/grammy";
import { Bot, GrammyError, HttpError, InputFile, InputMediaBuilder } from "grammy";
import { describe, expect, test } from "vitest";
import { botAt, botInfo, eventually, telegram, textsOf, token } from "../../kit/telegram.js";
import { idOf } from "./caller.js";

/** grammY's own fetch is node-fetch 2; it is found from where grammY lies. */
const grammy = realpathSync(new URL("../../../node_modules/grammy/package.json", import.meta.url));
const nodeFetch = createRequire(grammy)("node-fetch") as typeof fetch;

const fetches: readonly (readonly [string, typeof fetch])[] = [
  ["the platform's fetch", fetch],
  ["node-fetch", nodeFetch],
];

const api = async (plain: typeof fetch, guard: Guard = createGuard()) => {
  const emulator = await telegram();
  const client = { fetch: guardFetch(plain, guard) };
  return { emulator, guard, bot: botAt(emulator, { client }) };
};

describe.each(fetches)("a grammY bot with client: { fetch: guardFetch(…) } around %s", (_, plain) => {
  test("sends JSON once and gets its messages", async () => {
    const { emulator, bot } = await api(plain);
    const [one, two] = [await bot.api.sendMessage(7, "hi"), await bot.api.sendMessage(7, "hi")];
    expect(one).toMatchObject({ text: "hi" });
    expect(two).toEqual(one);
    expect(textsOf(emulator, 7)).toEqual(["hi"]);
  });

  test("uploads once: a photo of 2 MB, an album, a thumbnail", async () => {
    const { emulator, bot } = await api(plain);
    const bytes = randomBytes(2_000_000);
    const photo = () => bot.api.sendPhoto(7, new InputFile(bytes, "größe 1.jpg"), { caption: "a" });
    expect((await photo()).message_id).toBe((await photo()).message_id);
    const album = () =>
      bot.api.sendMediaGroup(7, [
        InputMediaBuilder.photo(new InputFile(bytes.subarray(0, 10), "1.jpg")),
        InputMediaBuilder.video(new InputFile(bytes.subarray(10, 20), "2.mp4"), {
          thumbnail: new InputFile(bytes.subarray(20, 30), "3.jpg"),
        }),
      ]);
    expect((await album()).map((m) => m.message_id)).toEqual((await album()).map((m) => m.message_id));
    expect(emulator.ledger.received(7)).toHaveLength(3);
    expect(emulator.ledger.received(7)[0]).toMatchObject({ payload: { photo: { size: bytes.length } } });
  });

  test("uploads a file of 20 MB whole", async () => {
    const { emulator, bot } = await api(plain);
    const film = Buffer.alloc(20 * 1024 * 1024, 7);
    await bot.api.sendVideo(7, new InputFile(film, "film.mp4"));
    expect(emulator.ledger.received(7)).toMatchObject([{ payload: { video: { size: film.length } } }]);
  });

  test("is told no in grammY's own words: an error of Telegram's, a lost answer, a refusal", async () => {
    const { emulator, bot } = await api(plain);
    emulator.fault({ kind: "error", code: 400, description: "Bad Request: chat not found" });
    await expect(bot.api.sendMessage(7, "a")).rejects.toBeInstanceOf(GrammyError);
    emulator.fault({ method: "sendMessage", kind: "cut-after" });
    await expect(bot.api.sendMessage(7, "a")).rejects.toBeInstanceOf(HttpError);
    await expect(bot.api.sendMessage(7, "a")).rejects.toMatchObject({
      error_code: 409,
      parameters: { sendonce: { code: "ambiguous" } },
    });
  });

  test("with a file that cannot be read fails as ever, and nothing is sent", async () => {
    const { emulator, bot } = await api(plain);
    const broken = async function* () {
      yield new Uint8Array([1]);
      throw new Error("disk gone");
    };
    await expect(bot.api.sendPhoto(7, new InputFile(broken, "a.jpg"))).rejects.toBeInstanceOf(HttpError);
    expect(emulator.ledger.requests()).toEqual([]);
    await bot.api.sendPhoto(7, new InputFile(Buffer.from("whole"), "a.jpg"));
    expect(emulator.ledger.received(7)).toHaveLength(1);
  });

  test("polls, and answers", async () => {
    const { emulator, bot } = await api(plain);
    bot.on("message", (ctx) => ctx.reply(`re: ${ctx.message.text}`));
    const polling = bot.start();
    emulator.say(token, { chat: 7, text: "one" });
    await eventually(() => textsOf(emulator, 7).includes("re: one"), "the answer");
    await bot.stop();
    await polling;
  });

  test("inside an installed bot with the same guard, each message is paid and recorded once", async () => {
    const guard = createGuard();
    const { emulator, bot } = await api(plain, guard);
    const ended: string[] = [];
    guard.on("sent", () => ended.push("sent"));
    guard.on("replayed", () => ended.push("replayed"));
    install(bot, guard);
    const photo = () => bot.api.sendPhoto(7, new InputFile(Buffer.from("abc"), "a.jpg"));
    for (const send of [photo, photo, () => bot.api.sendMessage(7, "a")]) await send();
    expect(ended).toEqual(["sent", "replayed", "sent"]);
    expect(emulator.ledger.received(7)).toHaveLength(2);
  });
});

/** A stream of the old kind that knows its boundary, as the `form-data` package makes them. */
class OldForm extends Stream {
  readonly #bytes: Buffer;
  constructor(bytes: Buffer) {
    super();
    this.#bytes = bytes;
  }
  getBoundary = () => "XX";
  override pipe<T extends NodeJS.WritableStream>(to: T): T {
    Readable.from([this.#bytes], { objectMode: false }).pipe(to);
    return to;
  }
}

describe("node-fetch", () => {
  const open = async (): Promise<{ url: string; send: typeof fetch & GuardedFetch }> => {
    const emulator = await telegram();
    return { url: `${emulator.url}/bot${token}/sendMessage`, send: guardFetch(nodeFetch) };
  };

  test("takes a form that tells its own boundary", async () => {
    const { url, send } = await open();
    const body = () =>
      new OldForm(
        Buffer.from(
          ["chat_id", "text"]
            .map((name) => `--XX\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n7\r\n`)
            .concat("--XX--\r\n")
            .join(""),
        ),
      ) as unknown as NonNullable<RequestInit["body"]>;
    const say = () => send(url, { method: "POST", body: body() });
    expect(await idOf(say())).toBe(await idOf(say()));
  });

  test("takes a stream of Node's", async () => {
    const { url, send } = await open();
    const say = () => {
      const body = new PassThrough();
      body.end('{"chat_id":7,"text":"hi"}');
      const headers = { "content-type": "application/json" };
      return send(url, {
        method: "POST",
        body: body as unknown as NonNullable<RequestInit["body"]>,
        headers,
      });
    };
    expect(await idOf(say())).toBe(await idOf(say()));
  });

  test("gets an answer of any length, without standing still", async () => {
    const { url, send } = await open();
    const text = "long".repeat(1_000);
    const reply_markup = { inline_keyboard: [[{ text: "a".repeat(40_000), callback_data: "b" }]] };
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ chat_id: 7, text, reply_markup });
    const answer = await send(url, { method: "POST", body, headers });
    expect(answer.constructor.name).toBe("Response");
    expect((await answer.text()).length).toBeGreaterThan(40_000);
    expect(answer.url).toBe(url);
  });

  test("frees the key where no connection was made, and its error names no token", async () => {
    const send = guardFetch(nodeFetch);
    const url = `http://127.0.0.1:39987/bot${token}/sendMessage?chat_id=7&text=hi`;
    for (let i = 0; i < 2; i++) {
      const error = (await send(url).catch((thrown: unknown) => thrown)) as Error;
      expect(error).toMatchObject({ name: "FetchError", code: "ECONNREFUSED" });
      expect(`${error.message}${error.stack}`).not.toContain(token);
    }
  });
});

test("a bot keeps its type when its fetch is guarded", () => {
  const guarded = guardFetch(fetch);
  expect(new Bot(token, { botInfo, client: { fetch: guarded } })).toBeInstanceOf(Bot);
  expect([guarded.name, typeof guarded.guard.run, typeof guarded.close]).toEqual([
    "guardedFetch",
    "function",
    "function",
  ]);
});
