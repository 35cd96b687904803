import { createReadStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { delivery, deliveryOf, install } from "@sendonce/telegraf";
import { Input, type Telegram } from "telegraf";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { telegram, telegramAt } from "../../kit/telegraf.js";

let folder: string;
let picture: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sendonce-telegraf-"));
  picture = join(folder, "picture.jpg");
  await writeFile(picture, "a picture");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

type InputFile = Parameters<Telegram["sendDocument"]>[1];

async function guarded() {
  const emulator = await telegram();
  return { emulator, api: install(telegramAt(emulator)) };
}

/** A web server that has one picture, and counts who asks for it. */
async function pictureServer(): Promise<{ url: string; asked: () => number }> {
  let asked = 0;
  const server = createServer((_, response) => {
    asked++;
    response.end("a picture");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/picture.jpg`, asked: () => asked };
}

const upload = { size: 9, sha256: expect.any(String), filename: "picture.jpg" };

describe("a file that is sent twice goes out once", () => {
  test.for([
    ["a path", () => Input.fromLocalFile(picture)],
    ["a path with a name", () => ({ source: picture, filename: "picture.jpg" })],
    ["a Buffer", () => Input.fromBuffer(Buffer.from("a picture"), "picture.jpg")],
  ] as const)("%s", async ([, file]) => {
    const { emulator, api } = await guarded();
    const first = await api.sendPhoto(7, file(), { caption: "look" });
    const second = await api.sendPhoto(7, file(), { caption: "look" });
    expect(second.message_id).toBe(first.message_id);
    expect(second.photo.at(-1)?.file_id).toBe(first.photo.at(-1)?.file_id);
    expect(emulator.ledger.received(7)[0]?.payload).toMatchObject({ photo: upload, caption: "look" });
    expect(emulator.ledger.requests({ method: "sendPhoto" })).toHaveLength(1);
  });

  test("an address that Telegraf fetches", async () => {
    const { emulator, api } = await guarded();
    const { url, asked } = await pictureServer();
    const first = await api.sendPhoto(7, Input.fromURLStream(url, "picture.jpg"));
    const second = await api.sendPhoto(7, Input.fromURLStream(url, "picture.jpg"));
    expect(second.message_id).toBe(first.message_id);
    expect(asked()).toBe(1);
    expect(emulator.ledger.received(7)[0]?.payload).toMatchObject({ photo: upload });
  });

  test("an address that Telegram fetches, and a file id", async () => {
    const { emulator, api } = await guarded();
    const [photo] = (await api.sendPhoto(7, Input.fromURL("https://example.com/a.jpg"))).photo;
    await api.sendPhoto(7, "https://example.com/a.jpg");
    await api.sendPhoto(8, photo!.file_id);
    await api.sendPhoto(8, Input.fromFileId(photo!.file_id));
    expect(emulator.ledger.count()).toBe(2);
  });

  test("an album of all kinds, with a caption and a thumbnail", async () => {
    const { emulator, api } = await guarded();
    const { url } = await pictureServer();
    const album = () =>
      [
        { type: "photo", media: { source: picture }, caption: "four" },
        { type: "photo", media: { source: Buffer.from("another"), filename: "b.jpg" } },
        { type: "photo", media: { url, filename: "c.jpg" } },
        {
          type: "video",
          media: { source: Buffer.from("a film") },
          thumbnail: { source: Buffer.from("small") },
        },
      ] as never as Parameters<Telegram["sendMediaGroup"]>[1];
    const first = await api.sendMediaGroup(7, album());
    const second = await api.sendMediaGroup(7, album());
    expect(second.map(({ message_id }) => message_id)).toEqual(first.map(({ message_id }) => message_id));
    expect(emulator.ledger.requests({ method: "sendMediaGroup" })).toHaveLength(1);
    const [item] = emulator.ledger.received(7);
    expect(item?.payload.media).toMatchObject([
      { type: "photo", media: { size: 9, filename: "picture.jpg" }, caption: "four" },
      { type: "photo", media: { size: 7, filename: "b.jpg" } },
      { type: "photo", media: { size: 9, filename: "c.jpg" } },
      { type: "video", media: { size: 6 }, thumbnail: { size: 5 } },
    ]);
    expect(emulator.ledger.count({ chat: 7 })).toBe(4);
  });

  test("a thumbnail makes another message, and equal ones the same", async () => {
    const { emulator, api } = await guarded();
    const film = (thumbnail?: string) =>
      api.sendVideo(7, { source: Buffer.from("a film") }, {
        ...(thumbnail && { thumbnail: { source: Buffer.from(thumbnail) } }),
      } as never);
    const sent = [await film(), await film("a"), await film("a"), await film("b")];
    expect(new Set(sent.map(({ message_id }) => message_id)).size).toBe(3);
    expect(emulator.ledger.requests({ method: "sendVideo" })).toHaveLength(3);
  });

  test("other bytes or another name are another message", async () => {
    const { emulator, api } = await guarded();
    await api.sendDocument(7, { source: Buffer.from("one"), filename: "a.txt" });
    await api.sendDocument(7, { source: Buffer.from("two"), filename: "a.txt" });
    await api.sendDocument(7, { source: Buffer.from("two"), filename: "b.txt" });
    expect(emulator.ledger.count({ chat: 7 })).toBe(3);
  });

  test("a file beside a keyboard with addresses: both count", async () => {
    const { emulator, api } = await guarded();
    const send = (page: string) =>
      api.sendPhoto(
        7,
        { source: Buffer.from("a picture") },
        {
          reply_markup: { inline_keyboard: [[{ text: "Open", url: `https://example.com/${page}` }]] },
        },
      );
    for (const page of ["a", "a", "b"]) await send(page);
    expect(emulator.ledger.count({ chat: 7 })).toBe(2);
    expect(emulator.ledger.received(7)[0]?.payload).toMatchObject({
      reply_markup: { inline_keyboard: [[{ text: "Open", url: "https://example.com/a" }]] },
    });
  });

  test("InputMedia in an edit goes through", async () => {
    const { emulator, api } = await guarded();
    const { message_id } = await api.sendPhoto(7, { source: picture });
    await api.editMessageMedia(7, message_id, undefined, {
      type: "photo",
      media: { source: Buffer.from("a better one"), filename: "b.jpg" },
    });
    expect(emulator.ledger.requests({ method: "editMessageMedia" })).toHaveLength(1);
  });
});

describe("a file that is not there", () => {
  test.for([
    ["no such path", () => ({ source: join(folder, "none.jpg") }), { code: "ENOENT" }],
    ["a folder", () => ({ source: folder }), { message: expect.stringMatching(/not a file/) }],
    [
      "an address where nobody listens",
      () => ({ url: "http://127.0.0.1:1/a.jpg" }),
      { code: "ECONNREFUSED" },
    ],
  ] as const)(
    "%s: Telegraf's own error; nothing was sent, and the next try is free",
    async ([, file, error]) => {
      const { emulator, api } = await guarded();
      const key = { ...delivery({ key: "photo-1", onMismatch: "replay" }) };
      await expect(api.sendPhoto(7, file() as InputFile, key)).rejects.toMatchObject(error);
      await api.sendPhoto(7, { source: picture }, key);
      expect(emulator.ledger.requests()).toHaveLength(1);
    },
  );

  test("an address that breaks off: nothing was sent, and the next try is free", async () => {
    const { emulator, api } = await guarded();
    let broken = true;
    const server = createServer((request, response) => {
      if (broken) request.socket.destroy();
      else response.end("a picture");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a.jpg`;
    await expect(api.sendPhoto(7, { url })).rejects.toMatchObject({ code: "ECONNRESET" });
    broken = false;
    await api.sendPhoto(7, { url });
    expect(emulator.ledger.count({ chat: 7 })).toBe(1);
  });
});

describe("streams", () => {
  const bytes = () => Readable.from([Buffer.from("a "), Buffer.from("picture")]);

  test("are uploaded whole, as they come", async () => {
    const { emulator, api } = await guarded();
    await api.sendDocument(7, { source: bytes(), filename: "picture.jpg" });
    await api.sendDocument(7, Input.fromReadableStream(createReadStream(picture), "picture.jpg"));
    const payloads = emulator.ledger.received(7).map(({ payload }) => payload);
    expect(payloads).toEqual([
      expect.objectContaining({ document: upload }),
      expect.objectContaining({ document: upload }),
    ]);
  });

  test("with a key go out once, and a spent stream is no hindrance to the replay", async () => {
    const { emulator, api } = await guarded();
    const source = bytes();
    const send = () =>
      api.sendDocument(7, { source }, { ...delivery({ key: "report", onMismatch: "replay" }) });
    const [first, second] = [await send(), await send()];
    expect(second.message_id).toBe(first.message_id);
    expect(deliveryOf(second)?.replayed).toBe(true);
    expect(emulator.ledger.requests()).toHaveLength(1);
  });

  test("that are not sent, because the message was, are closed", async () => {
    const { api } = await guarded();
    const send = (source: Readable) =>
      api.sendDocument(7, { source }, { ...delivery({ key: "report", onMismatch: "replay" }) });
    await send(bytes());
    const unused = bytes();
    await send(unused);
    expect(unused.destroyed).toBe(true);
  });

  test("are not sent again after a 429: the caller gets it untouched", async () => {
    const { emulator, api } = await guarded();
    emulator.fault({ method: "sendDocument", kind: "429", retryAfter: 1 });
    await expect(api.sendDocument(7, { source: bytes() })).rejects.toMatchObject({
      code: 429,
      parameters: { retry_after: 1 },
    });
    expect(emulator.ledger.requests()).toHaveLength(1);
  });

  test.for([
    ["sendDocument", (api: Telegram, source: Readable) => api.sendDocument(7, { source })],
    [
      "an album",
      (api: Telegram, source: Readable) => api.sendMediaGroup(7, [{ type: "document", media: { source } }]),
    ],
    [
      "an edit",
      (api: Telegram, source: Readable) =>
        api.editMessageMedia(7, 1, undefined, { type: "photo", media: { source } }),
    ],
    ["a setter", (api: Telegram, source: Readable) => api.setChatPhoto(-1007, { source })],
  ] as const)(
    "sent again by the caller in %s: an error says what to do, and nothing goes out",
    async ([, send]) => {
      const { emulator, api } = await guarded();
      emulator.fault({ kind: "error", code: 400, description: "Bad Request: no" });
      const source = bytes();
      await expect(send(api, source)).rejects.toMatchObject({ code: 400 });
      await expect(send(api, source)).rejects.toThrow(/read before.*Buffer or a path/);
      await send(api, bytes()).catch((error: unknown) => expect(error).toMatchObject({ code: 400 }));
      expect(emulator.ledger.requests()).toHaveLength(2);
    },
  );

  test("destroyed before they were sent are refused as well", async () => {
    const { emulator, api } = await guarded();
    const source = bytes();
    source.destroy();
    await expect(api.sendDocument(7, { source })).rejects.toThrow(/uploaded empty/);
    expect(emulator.ledger.requests()).toEqual([]);
  });

  test("of which a part was read for a look at it are sent with the rest", async () => {
    const { emulator, api } = await guarded();
    const source = bytes();
    await new Promise((resolve) => source.once("readable", resolve));
    const head = source.read() as Buffer;
    source.unshift(head);
    await api.sendDocument(7, { source, filename: "picture.jpg" });
    expect(emulator.ledger.received(7)[0]?.payload).toMatchObject({ document: upload });
  });
});

test("no payload is changed", async () => {
  const { emulator, api } = await guarded();
  const file = Object.freeze({ source: Buffer.from("a picture"), filename: "a.jpg" });
  const extra = Object.freeze({
    caption: "frozen",
    reply_markup: Object.freeze({ force_reply: true as const }),
  });
  await api.sendPhoto(7, file, extra);
  await api.sendMediaGroup(7, Object.freeze([Object.freeze({ type: "photo" as const, media: file })]));
  expect(emulator.ledger.count({ chat: 7 })).toBe(2);
  expect(extra.reply_markup).toEqual({ force_reply: true });
});
