import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { createEmulator } from "../index.js";

async function sent(encoding: string, body: Uint8Array<ArrayBuffer>) {
  const emulator = createEmulator();
  const { url } = await emulator.listen();
  const headers = { "content-type": "application/json", "content-encoding": encoding };
  const response = await fetch(`${url}/bot1:t/sendMessage`, { method: "POST", headers, body });
  const answer = (await response.json()) as object;
  await emulator.close();
  return { answer, texts: emulator.ledger.received().map(({ text }) => text) };
}

const message = Buffer.from(JSON.stringify({ chat_id: 7, text: "packed" }));

describe("a body that a client has packed", () => {
  test.each([
    ["gzip", gzipSync(message)],
    ["deflate", deflateSync(message)],
  ])("by %s is read", async (encoding, body) => {
    expect(await sent(encoding, body)).toMatchObject({ answer: { ok: true }, texts: ["packed"] });
  });

  test("in a way that Telegram does not know is refused, and so is one that is not what it says", async () => {
    const unknown = await sent("br", brotliCompressSync(message));
    expect(unknown).toMatchObject({ answer: { ok: false, error_code: 415 }, texts: [] });
    expect(await sent("gzip", message)).toMatchObject({ answer: { ok: false, error_code: 400 }, texts: [] });
  });
});
