import { spawn } from "node:child_process";
import { once } from "node:events";
import { Api } from "grammy";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HELP, readCliOptions } from "./cli-options.js";
import { createEmulator, type Emulator } from "./index.js";

const TOKEN = "42:secret";

describe("the control plane, over HTTP", () => {
  let emulator: Emulator;
  let api: Api;
  beforeEach(async () => {
    emulator = createEmulator();
    api = new Api(TOKEN, { apiRoot: (await emulator.listen()).url });
  });
  afterEach(() => emulator.close());

  const ask = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${emulator.url}/_emulator${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return (await response.json()) as Record<string, unknown>;
  };

  it("tells who received what, for all or for one chat, and forgets it when told to", async () => {
    await api.sendMessage(7, "one");
    await api.sendMessage(8, "two");
    expect(await ask("GET", "/ledger?chat=8")).toMatchObject({
      received: [{ chat: 8, text: "two" }],
      floods: [],
    });
    expect((await ask("GET", "/ledger")).requests).toHaveLength(2);
    await ask("DELETE", "/ledger");
    expect((await ask("GET", "/ledger")).received).toEqual([]);
  });

  it("scripts faults and changes limits", async () => {
    await ask("POST", "/faults", { kind: "429", retryAfter: 2, times: "always", method: "sendMessage" });
    for (let n = 0; n < 3; n++) {
      await expect(api.sendMessage(7, "x")).rejects.toMatchObject({ parameters: { retry_after: 2 } });
    }
    await ask("DELETE", "/faults");
    await api.sendMessage(7, "x");
    expect(await ask("PATCH", "/limits", { editsCount: true })).toMatchObject({ editsCount: true });
    expect(await ask("GET", "/limits")).toMatchObject({
      group: { limit: 20, perMs: 60_000 },
      editsCount: true,
    });
    expect(await ask("POST", "/faults", { kind: "earthquake" })).toMatchObject({ ok: false });
    expect(await ask("PATCH", "/limits", { group: { limit: -1 } })).toMatchObject({ ok: false });
  });

  it("lets people speak", async () => {
    expect(await ask("POST", "/say", { bot: TOKEN, chat: 7, text: "hi" })).toMatchObject({
      message: { text: "hi" },
    });
    expect(await ask("GET", `/pending/42`)).toEqual({ pending: 1 });
    expect(await api.getUpdates()).toHaveLength(1);
  });

  it("is closed to web pages, which could otherwise read what bots send", async () => {
    const response = await fetch(`${emulator.url}/_emulator/ledger`, {
      headers: { origin: "https://evil.example" },
    });
    expect(response.status).toBe(403);
  });
});

describe("over real sockets", () => {
  it("a restart may refuse connections, and then the same port accepts again", async () => {
    const emulator = createEmulator();
    const api = new Api(TOKEN, { apiRoot: (await emulator.listen()).url });
    emulator.fault({ kind: "restart", ms: 150, refuse: true });
    await expect(api.sendMessage(7, "one")).rejects.toMatchObject({ error_code: 429 });
    await expect.poll(() => api.getMe().catch((error) => error.error?.code)).toBe("ECONNREFUSED");
    await expect.poll(() => api.getMe().catch(() => undefined)).toMatchObject({ id: 42 });
    await emulator.close();
  });

  it("query and form reach the same methods, whatever the case of their names", async () => {
    const emulator = createEmulator();
    const { url } = await emulator.listen();
    await fetch(`${url}/bot${TOKEN}/SENDMESSAGE?chat_id=7&text=123`);
    await fetch(`${url}/bot${TOKEN}/sendMessage`, {
      method: "POST",
      body: new URLSearchParams({ chat_id: "7", text: "{form}", reply_markup: '{"force_reply":true}' }),
    });
    expect(emulator.ledger.received(7)).toMatchObject([
      { method: "sendMessage", text: "123" },
      { text: "{form}", payload: { reply_markup: { force_reply: true } } },
    ]);
    await emulator.close();
  });

  it("an uploaded file can be downloaded", async () => {
    const emulator = createEmulator();
    const { url } = await emulator.listen();
    const form = new FormData();
    form.set("chat_id", "7");
    form.set("document", new Blob(["content"]), "letter.txt");
    const response = await fetch(`${url}/bot${TOKEN}/sendDocument`, { method: "POST", body: form });
    const sent = (await response.json()) as { result: { document: { file_id: string } } };
    const api = new Api(TOKEN, { apiRoot: url });
    const { file_path } = await api.getFile(sent.result.document.file_id);
    expect(await (await fetch(`${url}/file/bot${TOKEN}/${file_path}`)).text()).toBe("content");
    await emulator.close();
  });
});

describe("the command line", () => {
  it("reads limits, and names every flag in its help", () => {
    expect(readCliOptions(["--port", "0", "--chat", "5/0.5", "--group", "3"])).toEqual({
      help: false,
      port: 0,
      limits: { chat: { capacity: 5, refillPerSecond: 0.5 }, group: { limit: 3, perMs: 60_000 } },
    });
    expect(readCliOptions(["--no-limits"]).limits).toBe(false);
    for (const flag of ["port", "host", "no-limits", "absorb", "edits-count"])
      expect(HELP).toContain(`--${flag}`);
  });

  it("refuses what it cannot do, with the remedy", () => {
    expect(() => readCliOptions(["--host", "0.0.0.0"])).toThrow("127.0.0.1 only");
    expect(() => readCliOptions(["--port", "70000"])).toThrow("--port");
    expect(() => readCliOptions(["--bot", "fast"])).toThrow("such as 20/1");
  });

  it("starts, serves, explains a port that is taken, and ends by itself on SIGTERM", async () => {
    const start = (port: string) =>
      spawn(process.execPath, [
        "--import",
        "tsx",
        new URL("cli.ts", import.meta.url).pathname,
        "--port",
        port,
      ]);
    const first = start("0");
    const [greeting] = await once(first.stdout, "data");
    const url = /http:\/\/127\.0\.0\.1:(\d+)/.exec(String(greeting))!;
    expect(await (await fetch(`${url[0]}/_emulator/health`)).json()).toEqual({ ok: true });
    const second = start(url[1]!);
    const [complaint] = await once(second.stderr, "data");
    expect(String(complaint)).toContain(`port ${url[1]} is taken`);
    const ended = once(first, "exit");
    first.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
  });
});
