import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { delivery, window, withDelivery } from "@sendonce/core";
import { describe, expect, onTestFinished, test } from "vitest";
import { textsOf } from "../../kit/telegram.js";
import { type Caller, caller, idOf, virtualCaller } from "./caller.js";

const json = { "content-type": "application/json" };
const text = '{"chat_id":7,"text":"hi"}';

/** A multipart body as simple clients write it: bare file names, a boundary of its own each time. */
function multipart(fields: Record<string, string>, files: Record<string, Buffer> = {}) {
  const boundary = `----${randomBytes(12).toString("hex")}`;
  const parts = [
    ...Object.entries(fields).map(([name, value]) => [`name="${name}"`, Buffer.from(value)] as const),
    ...Object.entries(files).map(([name, data]) => [`name="${name}";filename=a b.jpg`, data] as const),
  ];
  const bytes = parts.flatMap(([about, data]) => [
    Buffer.from(`--${boundary}\r\ncontent-disposition:form-data;${about}\r\n\r\n`),
    data,
    Buffer.from("\r\n"),
  ]);
  const headers = { "content-type": `multipart/form-data; boundary=${boundary}` };
  return { headers, bytes: Buffer.concat([...bytes, Buffer.from(`--${boundary}--\r\n`)]) };
}

/** The same message, in every way that fetch takes one. */
const ways: readonly (readonly [string, (to: Caller) => Promise<Response>])[] = [
  ["JSON text", (to) => to.post("sendMessage", text, { headers: json })],
  [
    "JSON with other spaces and order",
    (to) =>
      to.post("sendMessage", '{ "text":"hi", "chat_id": "7" }', {
        headers: [["Content-Type", "application/json"]],
      }),
  ],
  [
    "JSON bytes",
    (to) => to.post("sendMessage", new TextEncoder().encode(text), { headers: new Headers(json) }),
  ],
  [
    "an ArrayBuffer",
    (to) => to.post("sendMessage", new TextEncoder().encode(text).buffer, { headers: json }),
  ],
  ["a Blob", (to) => to.post("sendMessage", new Blob([text], { type: "application/json" }))],
  ["a form", (to) => to.post("sendMessage", new URLSearchParams({ text: "hi", chat_id: "7" }))],
  [
    "a form as text",
    (to) =>
      to.post("sendMessage", "text=hi&chat_id=7", {
        headers: { "content-type": "application/x-www-form-urlencoded" },
      }),
  ],
  ["FormData", (to) => to.post("sendMessage", form({ chat_id: "7", text: "hi" }))],
  [
    "multipart text",
    (to) => {
      const { headers, bytes } = multipart({ chat_id: "7", text: "hi" });
      return to.post("sendMessage", bytes.toString(), { headers });
    },
  ],
  ["multipart bytes", (to) => sent(to, "sendMessage", multipart({ chat_id: "7", text: "hi" }))],
  ["a query", (to) => to.fetch(`${to.url("sendMessage")}?chat_id=7&text=hi`)],
  ["a URL object", (to) => to.fetch(new URL(`${to.url("sendMessage")}?text=hi&chat_id=7`))],
  [
    "a Request",
    (to) => to.fetch(new Request(to.url("sendMessage"), { method: "POST", body: text, headers: json })),
  ],
  [
    "a stream",
    (to) =>
      to.post("sendMessage", Readable.toWeb(Readable.from([Buffer.from(text)])), {
        headers: json,
        duplex: "half",
      } as RequestInit),
  ],
  [
    "a Node stream",
    (to) =>
      to.post("sendMessage", Readable.from([text.slice(0, 9), text.slice(9)], { objectMode: false }), {
        headers: json,
      }),
  ],
  ["another spelling of the method", (to) => to.post("SENDMESSAGE", text, { headers: json })],
];

const sent = (to: Caller, method: string, { headers, bytes }: ReturnType<typeof multipart>) =>
  to.post(method, bytes, { headers });

function form(fields: Record<string, string | Blob>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  return data;
}

describe("one message, however it is written", () => {
  test.each(ways)("%s arrives, and a repeat of it does not", async (_, send) => {
    const to = await caller();
    const first = await idOf(send(to));
    expect(await idOf(send(to))).toBe(first);
    expect(textsOf(to.emulator, 7)).toEqual(["hi"]);
  });

  test.each(ways.filter(([name]) => !name.startsWith("another")))(
    "%s is the same as JSON text",
    async (_, send) => {
      const to = await caller();
      const first = await idOf(to.post("sendMessage", text, { headers: json }));
      expect(await idOf(send(to))).toBe(first);
      expect(to.wire).toHaveLength(1);
    },
  );

  test("other words are another message, also where they look like JSON", async () => {
    const to = await caller();
    for (const words of ['{"a":1}', '{"a": 1}', "[1]", "[ 1]"])
      await to.post("sendMessage", form({ chat_id: "7", text: words }));
    expect(to.wire).toHaveLength(4);
  });

  test("a keyboard is told by what it holds, whether it comes as JSON or as text in a form", async () => {
    const to = await caller();
    const reply_markup = { inline_keyboard: [[{ text: "a", callback_data: "b" }]] };
    await to.json("sendMessage", { chat_id: 7, text: "hi", reply_markup });
    const markup = JSON.stringify({ inline_keyboard: [[{ callback_data: "b", text: "a" }]] }, null, 1);
    await to.post("sendMessage", form({ chat_id: "7", text: "hi", reply_markup: markup }));
    expect(to.wire).toHaveLength(1);
  });
});

describe("files", () => {
  const photo = randomBytes(2_000_000);

  test("a 2 MB upload goes out once, with its bytes, whatever the boundary", async () => {
    const to = await caller();
    const send = () => sent(to, "sendPhoto", multipart({ chat_id: "7" }, { photo }));
    expect(await idOf(send())).toBe(await idOf(send()));
    expect(to.emulator.ledger.received(7)).toMatchObject([{ payload: { photo: { size: 2_000_000 } } }]);
  });

  test("the same File is the same file in FormData and in multipart bytes", async () => {
    const to = await caller();
    const native = form({ chat_id: "7", photo: new File([photo], "a b.jpg") });
    const first = await idOf(to.post("sendPhoto", native));
    expect(await idOf(sent(to, "sendPhoto", multipart({ chat_id: "7" }, { photo })))).toBe(first);
  });

  test("other bytes, or another name, are another file", async () => {
    const to = await caller();
    for (const file of [
      new File(["1"], "a"),
      new File(["2"], "a"),
      new File(["1"], "b"),
      new File(["1"], "a"),
    ])
      await to.post("sendDocument", form({ chat_id: "7", document: file }));
    expect(to.emulator.ledger.received(7)).toHaveLength(3);
  });

  test("an album is told by its files, not by the random names that they are attached by", async () => {
    const to = await caller();
    const album = () => {
      const [one, two] = [randomBytes(8).toString("hex"), randomBytes(8).toString("hex")];
      const media = [one, two].map((name) => ({ type: "photo", media: `attach://${name}` }));
      const files = { [one]: photo.subarray(0, 1_000), [two]: photo.subarray(1_000, 2_000) };
      return sent(to, "sendMediaGroup", multipart({ chat_id: "7", media: JSON.stringify(media) }, files));
    };
    const ids = async (answer: Promise<Response>) =>
      ((await (await answer).json()) as { result: { message_id: number }[] }).result.map(
        ({ message_id }) => message_id,
      );
    const first = await ids(album());
    expect(await ids(album())).toEqual(first);
    expect(to.emulator.ledger.received(7)).toHaveLength(2);
  });

  test("an album in a form costs as many messages as it has items", async () => {
    const to = virtualCaller({ limits: { chat: false, global: false } });
    const media = (from: number) =>
      JSON.stringify(Array.from({ length: 10 }, (_, i) => ({ type: "photo", media: `id${from + i}` })));
    const albums = [0, 10, 20].map((from) =>
      to.post("sendMediaGroup", form({ chat_id: "-100", media: media(from) })),
    );
    await to.clock.advance(1_000);
    expect(to.wire).toHaveLength(2);
    await to.clock.run(Promise.all(albums));
    expect(to.emulator.ledger.floods()).toEqual([]);
  });

  test("a 20 MB file in FormData goes out once, told by name, size and samples", async () => {
    const to = await caller();
    const large = new File([new Uint8Array(20 * 1024 * 1024).fill(7)], "film.mp4");
    const send = () => to.post("sendVideo", form({ chat_id: "7", video: large }));
    expect(await idOf(send())).toBe(await idOf(send()));
    expect(to.emulator.ledger.received(7)).toMatchObject([{ payload: { video: { size: 20_971_520 } } }]);
  });

  test("a stream of 20 MB arrives whole, is not held in memory, and is sent anew each time", async () => {
    const to = await caller();
    const unguarded: unknown[] = [];
    to.fetch.guard.on("unguarded", (event) => unguarded.push(event));
    const large = Buffer.alloc(20 * 1024 * 1024, 7);
    const { headers, bytes } = multipart({ chat_id: "7" }, { video: large });
    for (let i = 0; i < 2; i++) {
      const body = Readable.toWeb(Readable.from(pieces(bytes)));
      const answer = await to.post("sendVideo", body, { headers, duplex: "half" } as RequestInit);
      expect(answer.status).toBe(200);
    }
    expect(to.emulator.ledger.received(7)).toMatchObject([
      { payload: { video: { size: large.length } } },
      {},
    ]);
    expect(unguarded).toMatchObject([{ method: "sendVideo", chat: "7" }, {}]);
  });

  test("a stream from disk of 2 MB is sent again after a 429, whole", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sendonce-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const { headers, bytes } = multipart({ chat_id: "7" }, { photo });
    await writeFile(join(folder, "body"), bytes);
    const to = virtualCaller();
    to.emulator.fault({ method: "sendPhoto", kind: "429", retryAfter: 3, enforce: true });
    const sending = to.post("sendPhoto", createReadStream(join(folder, "body")), { headers });
    expect((await to.clock.run(sending)).status).toBe(200);
    expect(to.wire.map(({ body }) => body.equals(bytes))).toEqual([true, true]);
  });

  test("a stream that breaks fails the call with its own error, and nothing is sent", async () => {
    const to = await caller();
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from("{");
        throw new Error("disk gone");
      })(),
    );
    await expect(to.post("sendMessage", broken, { headers: json })).rejects.toThrow("disk gone");
    expect(to.wire).toEqual([]);
  });
});

function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

describe("what the caller gave", () => {
  test("is neither changed nor consumed", async () => {
    const to = await caller();
    const data = form({ chat_id: "7", text: "hi" });
    const init = Object.freeze({ method: "POST", body: data, headers: Object.freeze({ "x-mine": "1" }) });
    await to.fetch(to.url("sendMessage"), init);
    expect([...data]).toEqual([
      ["chat_id", "7"],
      ["text", "hi"],
    ]);
    expect(to.wire[0]?.headers.get("x-mine")).toBe("1");
  });

  test("counts as it was when the call was made, however long that waits", async () => {
    const to = virtualCaller({ limits: { group: window({ limit: 1, perMs: 10_000 }) } });
    await to.clock.run(to.say("first", -100));
    const data = form({ chat_id: "-100", text: "second" });
    const bytes = Buffer.from('{"chat_id":-100,"text":"third"}');
    const sending = [to.post("sendMessage", data), to.post("sendMessage", bytes, { headers: json })];
    await to.clock.advance(10);
    data.set("text", "changed");
    bytes.fill(0);
    await to.clock.run(Promise.all(sending));
    expect(textsOf(to.emulator, -100)).toEqual(["first", "second", "third"]);
  });

  test("nothing of ours is on the wire: the request is the one that fetch would have made", async () => {
    const to = await caller();
    const init = { method: "POST", body: text, headers: json };
    await to.fetch(to.url("sendMessage"), { ...init, ...delivery({ key: "invoice-42" }) });
    const plain = new Request(to.url("sendMessage"), init);
    expect(to.wire[0]?.url).toBe(plain.url);
    expect([...to.wire[0]!.headers]).toEqual([...plain.headers]);
    expect(to.wire[0]?.body.toString()).toBe(text);
  });

  test("delivery() in the init and withDelivery around the call name the message", async () => {
    const to = await caller();
    const key = delivery({ key: "invoice-42" });
    expect(await idOf(to.say("10 €", 7, key))).toBe(await idOf(to.say("10 €", 7, key)));
    expect((await to.say("20 €", 7, key)).status).toBe(409);
    const post = () => withDelivery({ key: "post-1" }, () => to.say("news"));
    expect(await idOf(post())).toBe(await idOf(post()));
    expect(textsOf(to.emulator, 7)).toEqual(["10 €", "news"]);
  });

  test("that Telegram cannot read is Telegram's to refuse", async () => {
    const to = await caller();
    const answer = await to.post("sendMessage", "{no json", { headers: json });
    expect(answer.status).toBe(400);
  });
});
