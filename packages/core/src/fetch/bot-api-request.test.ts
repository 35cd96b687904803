import { describe, expect, it } from "vitest";
import { fingerprint } from "../fingerprint/index.js";
import { type BotApiRequest, readBotApiRequest } from "./bot-api-request.js";

const url = "https://api.telegram.org/bot42:secret/sendPhoto";
const json = { "content-type": "application/json" };

const read = async (init: Parameters<typeof readBotApiRequest>[1], input: unknown = url) =>
  (await readBotApiRequest(input, init)) as BotApiRequest;

const contentOf = async ({ method, payload, fileOf }: BotApiRequest) =>
  (await fingerprint({ bot: "42", method, payload, fileOf })).content;

describe("a Bot API request", () => {
  it("tells token, method and payload", async () => {
    const { token, method, payload } = await read({ body: '{"chat_id":7,"text":"a"}', headers: json });
    expect({ token, method, payload }).toEqual({
      token: "42:secret",
      method: "sendPhoto",
      payload: { chat_id: 7, text: "a" },
    });
  });

  it("has its lists parsed, its attachments in place and their random names gone", async () => {
    const body = new FormData();
    body.append("chat_id", "7");
    body.append("media", '[{"type":"photo","media":"attach://x1","thumbnail":"attach://nowhere"}]');
    body.append("message_ids", "[1,2]");
    body.append("text", "[1,2]");
    body.append("x1", new File(["abc"], "a.jpg"));
    const { payload } = await read({ body });
    expect(payload).toEqual({
      chat_id: "7",
      media: [{ type: "photo", media: expect.any(File), thumbnail: "attach://nowhere" }],
      message_ids: [1, 2],
      text: "[1,2]",
    });
  });

  it("is not read at all when it goes elsewhere, or when its body was read before", async () => {
    const body = new ReadableStream();
    expect(await readBotApiRequest("https://example.com/", { body })).toBeUndefined();
    expect(body.locked).toBe(false);
    const spent = new Request(url, { method: "POST", body: "{}" });
    await spent.text();
    expect(await readBotApiRequest(spent)).toBeUndefined();
  });

  it("that nobody can read is told by its bytes", async () => {
    const [one, again, other] = await Promise.all(
      ["{a", "{a", "{b"].map((body) => read({ body, headers: json })),
    );
    expect(await contentOf(one!)).toBe(await contentOf(again!));
    expect(await contentOf(one!)).not.toBe(await contentOf(other!));
  });

  it("replays the same bytes for each try; the init of the caller is left alone", async () => {
    const body = new Blob(['{"chat_id":7}']).stream();
    const init = Object.freeze({ method: "POST", body, headers: json, redirect: "error" });
    const request = await read(init);
    for (let i = 0; i < 2; i++) {
      const [input, given] = request.replay() as [string, RequestInit];
      expect([input, given.redirect]).toEqual([url, "error"]);
      expect(await new Request(input, given).text()).toBe('{"chat_id":7}');
    }
  });

  it("with a stream of more than 16 MB has no content, knows its chat, and goes out once", async () => {
    const head = '--XX\r\ncontent-disposition: form-data; name="chat_id"\r\n\r\n7\r\n--XX\r\n';
    const file = 'content-disposition: form-data; name="photo"; filename="a"\r\n\r\n';
    const tail = "\r\n--XX--\r\n";
    async function* body() {
      yield Buffer.from(`${head}${file}`);
      for (let i = 0; i < 17; i++) yield Buffer.alloc(1024 * 1024);
      yield Buffer.from(tail);
    }
    const headers = { "content-type": "multipart/form-data; boundary=XX" };
    const request = await read({ method: "POST", body: body(), headers });
    expect(request.payload.chat_id).toBe("7");
    expect(await contentOf(request)).toBeUndefined();
    const [input, given] = request.replay() as [string, RequestInit];
    const sent = await new Request(input, given).arrayBuffer();
    expect(sent.byteLength).toBe(`${head}${file}${tail}`.length + 17 * 1024 * 1024);
    expect(() => request.replay()).toThrow(/only once/);
  });

  it("lets go of a long stream that is not sent after all", async () => {
    let closed = false;
    async function* body() {
      try {
        for (;;) yield Buffer.alloc(1024 * 1024);
      } finally {
        closed = true;
      }
    }
    const request = await read({ method: "POST", body: body() });
    request.discard();
    await new Promise(setImmediate);
    expect(closed).toBe(true);
  });
});
