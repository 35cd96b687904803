import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { pathToFileURL } from "node:url";
import { Api } from "grammy";
import { describe, expect, it, onTestFinished } from "vitest";
import { createEmulator } from "./index.js";

const TOKEN = "42:secret";

describe("the test environment", () => {
  it("is another Telegram: messages, updates, limits and faults of one are not the other's", async () => {
    const emulator = createEmulator();
    const api = new Api(TOKEN, { fetch: emulator.fetch });
    const test = new Api(TOKEN, { fetch: emulator.fetch, environment: "test" });
    emulator.test.setLimits({ chat: { capacity: 1, refillPerSecond: 1 } });
    emulator.fault({ method: "sendPhoto", kind: "html" });
    expect((await test.sendMessage(7, "hello")).message_id).toBe(1);
    expect((await api.sendMessage(7, "hello")).message_id).toBe(1);
    await expect(test.sendMessage(7, "again")).rejects.toMatchObject({ error_code: 429 });
    await api.sendMessage(7, "again");
    emulator.test.say(TOKEN, { chat: 7, text: "hi" });
    expect([await api.getUpdates(), await test.getUpdates()]).toMatchObject([[], [{ message: {} }]]);
    expect(emulator.test.ledger.received(7)).toHaveLength(1);
    expect(emulator.ledger.received(7)).toHaveLength(2);
    expect(emulator.ledger.doubled()).toEqual([]);
  });

  it("has its own files and its own control plane", async () => {
    const emulator = createEmulator();
    const form = new FormData();
    form.set("chat_id", "7");
    form.set("document", new Blob(["content"]), "letter.txt");
    const sent = await emulator.fetch(`http://x/bot${TOKEN}/test/sendDocument`, {
      method: "POST",
      body: form,
    });
    const { result } = (await sent.json()) as { result: { document: { file_id: string } } };
    const test = new Api(TOKEN, { fetch: emulator.fetch, environment: "test" });
    const { file_path } = await test.getFile(result.document.file_id);
    const text = async (path: string) => (await emulator.fetch(`http://x${path}`)).text();
    expect(await text(`/file/bot${TOKEN}/test/${file_path}`)).toBe("content");
    expect(await text(`/file/bot${TOKEN}/${file_path}`)).toContain("Not Found");
    expect(await text("/_emulator/test/ledger")).toContain("letter.txt");
    expect(await text("/_emulator/ledger")).not.toContain("letter.txt");
  });
});

describe("a server of one's own", () => {
  it("may stand below a path, which its url names", async () => {
    const emulator = createEmulator({ path: "/telegram" });
    onTestFinished(() => emulator.close());
    const { url } = await emulator.listen();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/telegram$/);
    expect(emulator.url).toBe(url);
    expect(await new Api(TOKEN, { apiRoot: url }).getMe()).toMatchObject({ id: 42 });
    const health = await fetch(`${url}/_emulator/health`);
    expect(await health.json()).toEqual({ ok: true });
    const beside = await fetch(`${url.replace("/telegram", "")}/bot${TOKEN}/getMe`);
    expect(beside.status).toBe(404);
  });

  it("refuses a path that would never match", () => {
    expect(() => createEmulator({ path: "telegram/" })).toThrow('path must look like "/telegram"');
  });

  it("reads file:/// URLs and answers getFile with a path on its disk", async () => {
    const folder = await mkdtemp(join(tmpdir(), "emulator-files-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const letter = join(folder, "letter.txt");
    await writeFile(letter, "content");
    const api = new Api(TOKEN, { fetch: createEmulator({ localFiles: join(folder, "kept") }).fetch });
    const { document } = await api.sendDocument(7, pathToFileURL(letter).href);
    expect(document).toMatchObject({ file_name: "letter.txt", file_size: 7 });
    const { file_path } = await api.getFile(document.file_id);
    expect(isAbsolute(file_path!)).toBe(true);
    expect(await readFile(file_path!, "utf8")).toBe("content");
    await expect(api.sendDocument(7, "file:///no/such/file")).rejects.toThrow("invalid file HTTP URL");
  });

  it("alone may read them: at api.telegram.org a file:/// URL is refused", async () => {
    const api = new Api(TOKEN, { fetch: createEmulator().fetch });
    const own = pathToFileURL(import.meta.filename).href;
    await expect(api.sendDocument(7, own)).rejects.toThrow("wrong file identifier/HTTP URL specified");
  });
});
