import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Api, Bot, webhookCallback } from "grammy";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createEmulator, type Emulator } from "../index.js";
import { ManualClock, settled } from "../test/manual-clock.js";
import { redeliveryDelayMs } from "./redelivery.js";

const TOKEN = "42:secret";
let clock: ManualClock;
let emulator: Emulator;
let api: Api;

beforeEach(() => {
  clock = new ManualClock();
  emulator = createEmulator({ clock });
  api = new Api(TOKEN, { fetch: emulator.fetch });
});
afterEach(() => emulator.close());

describe("getUpdates", () => {
  it("an update comes until an offset confirms it", async () => {
    const { update_id } = emulator.say(TOKEN, { chat: 7, text: "one" });
    emulator.say(TOKEN, { chat: 7, text: "two" });
    expect(await api.getUpdates({ limit: 1 })).toMatchObject([{ update_id, message: { text: "one" } }]);
    expect(await api.getUpdates()).toHaveLength(2);
    expect(await api.getUpdates({ offset: update_id + 1 })).toMatchObject([{ message: { text: "two" } }]);
    expect(emulator.pending(TOKEN)).toBe(1);
  });

  it("a long poll ends with the first update, or with its time-out", async () => {
    const first = api.getUpdates({ timeout: 30 });
    await clock.advance(29_000);
    emulator.say(TOKEN, { chat: 7, text: "hi" });
    const [update] = await first;
    const second = api.getUpdates({ timeout: 30, offset: update!.update_id + 1 });
    await clock.advance(30_000);
    expect(await second).toEqual([]);
  });

  it("a second poll ends the first with 409", async () => {
    const first = api.getUpdates({ timeout: 30 });
    await settled();
    const second = api.getUpdates({ timeout: 1 });
    await expect(first).rejects.toThrow("terminated by other getUpdates request");
    await clock.advance(1000);
    expect(await second).toEqual([]);
  });

  it("the same update can come again after it was confirmed", async () => {
    const update = emulator.say(TOKEN, { chat: 7, text: "one" });
    await api.getUpdates();
    const offset = update.update_id + 1;
    expect(await api.getUpdates({ offset })).toEqual([]);
    emulator.deliver(TOKEN, update);
    expect(await api.getUpdates({ offset })).toEqual([update]);
    expect(await api.getUpdates({ offset })).toEqual([]);
  });

  it("is refused while a webhook is set", async () => {
    await api.setWebhook("https://example.org/hook");
    await expect(api.getUpdates()).rejects.toThrow("can't use getUpdates method while webhook is active");
    await api.deleteWebhook();
    expect(await api.getUpdates()).toEqual([]);
  });

  it("brings only the types that were asked for", async () => {
    await api.getUpdates({ allowed_updates: ["callback_query"] });
    emulator.say(TOKEN, { chat: 7, text: "unwanted" });
    expect(emulator.pending(TOKEN)).toBe(0);
  });
});

describe("webhooks", () => {
  it("an update that fails comes again at once, then after 2, 4, 8 … 60 s, and holds up its own chat only", async () => {
    let broken = true;
    const seen: string[] = [];
    emulator.webhook(TOKEN, (update) => {
      const { text, chat } = update.message as { text: string; chat: { id: number } };
      seen.push(text);
      return { status: broken && chat.id === 7 ? 500 : 200 };
    });
    emulator.say(TOKEN, { chat: 7, text: "first" });
    emulator.say(TOKEN, { chat: 7, text: "second" });
    emulator.say(TOKEN, { chat: 8, text: "elsewhere" });
    await clock.advance(0);
    expect(seen).toEqual(["first", "elsewhere", "first"]);
    await clock.advance(200_000);
    const at = emulator.deliveries(TOKEN).filter(({ status }) => status === 500);
    const gaps = at.slice(1).map((delivery, n) => (delivery.at - at[n]!.at) / 1000);
    expect(gaps).toEqual([0, 2, 4, 8, 16, 32, 60, 60]);
    expect(at.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(emulator.pending(TOKEN)).toBe(2);
    broken = false;
    await clock.advance(60_000);
    expect(seen.slice(-2)).toEqual(["first", "second"]);
    expect(emulator.pending(TOKEN)).toBe(0);
  });

  it("is given up after a day", async () => {
    emulator.webhook(TOKEN, () => ({ status: 500 }));
    emulator.say(TOKEN, { chat: 7, text: "never taken" });
    await clock.advance(25 * 60 * 60 * 1000);
    expect(emulator.pending(TOKEN)).toBe(0);
  });

  it("the bot's Retry-After is honoured, up to an hour", () => {
    const asking = (seconds: string) => ({ status: 503, headers: { "Retry-After": seconds } });
    expect(redeliveryDelayMs(1, asking("90"))).toBe(90_000);
    expect(redeliveryDelayMs(9, asking("86400"))).toBe(3_600_000);
  });

  it("a handler silent for 60 s has failed, and the update comes again beside it", async () => {
    let calls = 0;
    emulator.webhook(TOKEN, () => (++calls === 1 ? new Promise(() => {}) : { status: 200 }));
    emulator.say(TOKEN, { chat: 7, text: "slow" });
    await clock.advance(59_999);
    expect(calls).toBe(1);
    await clock.advance(1);
    expect(emulator.deliveries(TOKEN)).toMatchObject([
      { attempt: 1, status: 0, error: "Read timeout expired" },
      { attempt: 2, status: 200 },
    ]);
  });

  it("no more deliveries at a time than max_connections", async () => {
    const release: (() => void)[] = [];
    const handler = () =>
      new Promise<{ status: number }>((done) => release.push(() => done({ status: 200 })));
    emulator.webhook(TOKEN, handler, { maxConnections: 2 });
    for (const chat of [1, 2, 3]) emulator.say(TOKEN, { chat, text: "hi" });
    await settled();
    expect(release).toHaveLength(2);
    release[0]!();
    await settled();
    expect(release).toHaveLength(3);
  });

  it("a reply in the response is carried out, and its result thrown away", async () => {
    const body = { method: "sendMessage", chat_id: 7, text: "by reply" };
    emulator.webhook(TOKEN, () => ({ status: 200, body }));
    emulator.say(TOKEN, { chat: 7, text: "hi" });
    await settled();
    expect(emulator.ledger.count({ text: "by reply" })).toBe(1);
    expect(emulator.ledger.requests()).toMatchObject([{ webhookReply: true, status: 200 }]);
  });
});

describe("webhooks over HTTP", () => {
  let server: Server;
  afterEach(() => void server.close());

  const listening = async (handler: Parameters<typeof createServer>[1]) => {
    server = createServer(handler);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  };

  it("a grammY bot gets its updates, with the secret token", async () => {
    const bot = new Bot(TOKEN, { client: { fetch: emulator.fetch } });
    bot.on("message:text", (ctx) => ctx.reply(`you said ${ctx.message.text}`));
    const url = await listening(webhookCallback(bot, "http", { secretToken: "s3cret" }));
    await bot.api.setWebhook(url, { secret_token: "s3cret" });
    emulator.say(TOKEN, { chat: 7, text: "hello" });
    await expect.poll(() => emulator.ledger.count({ text: "you said hello" })).toBe(1);
    await expect.poll(() => emulator.pending(TOKEN)).toBe(0);
  });

  it("a closed connection is a failure that getWebhookInfo tells of", async () => {
    const headers: IncomingHttpHeaders[] = [];
    const url = await listening((request, response) => {
      headers.push(request.headers);
      if (headers.length === 1) request.socket.destroy();
      else if (headers.length === 2) response.writeHead(503, { "retry-after": "100" }).end();
      else response.end();
    });
    await api.setWebhook(url);
    emulator.say(TOKEN, { chat: 7, text: "hello" });
    await expect.poll(() => emulator.deliveries(TOKEN).map(({ status }) => status)).toEqual([0, 503]);
    expect(await api.getWebhookInfo()).toMatchObject({ url, pending_update_count: 1, max_connections: 40 });
    expect((await api.getWebhookInfo()).last_error_message).toContain("503");
    await settled();
    await clock.advance(100_000);
    await expect.poll(() => emulator.pending(TOKEN)).toBe(0);
  });

  it("plain HTTP is refused for other machines", async () => {
    await expect(api.setWebhook("http://example.org/hook")).rejects.toThrow("HTTPS URL must be provided");
    server = createServer();
  });
});
