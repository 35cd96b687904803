import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { install, isSendonceRefusal, reliability } from "@sendonce/telegraf";
import type { Telegraf } from "telegraf";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  eventually,
  serveTelegraf,
  telegrafAt,
  telegram,
  telegramAt,
  textsOf,
  token,
  type Update,
} from "../../kit/telegraf.js";

/** A promise that the test settles. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** An http server of the user's own that hands updates to the bot, and the answers that it gave. */
async function serveByHand(bot: Telegraf): Promise<{ url: string; ended: number[] }> {
  const ended: number[] = [];
  const server = createServer(async (request, response: ServerResponse) => {
    response.on("finish", () => ended.push(response.statusCode));
    let body = "";
    for await (const chunk of request) body += chunk;
    bot.handleUpdate(JSON.parse(body) as Update, response).catch(() => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, ended };
}

describe("webhooks", () => {
  test("webhookCallback: each update is answered once and confirmed", async () => {
    const emulator = await telegram();
    const bot = install(telegrafAt(emulator));
    bot.on("message", (ctx) => ctx.reply("hi"));
    await serveTelegraf(emulator, bot);
    const update = emulator.say<Update>(token, { chat: 7, text: "a" });
    await eventually(() => emulator.pending(token) === 0, "the update is confirmed");
    emulator.deliver(token, update as never);
    await eventually(() => emulator.pending(token) === 0, "the redelivery is confirmed");
    expect(emulator.deliveries(token)).toHaveLength(2);
    expect(textsOf(emulator, 7)).toEqual(["hi"]);
  });

  test("a delivery that times out while the handler runs is waited for, confirmed and not handled again", async () => {
    const emulator = await telegram({ webhookTimeoutMs: 300 });
    const bot = install(telegrafAt(emulator));
    const { opened, open } = gate();
    let runs = 0;
    bot.on("message", async (ctx) => {
      runs++;
      await opened;
      await ctx.reply("finally");
    });
    await serveTelegraf(emulator, bot);
    emulator.say(token, { chat: 7, text: "slow" });
    await eventually(() => emulator.deliveries(token).length > 0 && runs === 1, "the first one timed out");
    open();
    await eventually(() => emulator.pending(token) === 0, "the update is confirmed");
    expect(runs).toBe(1);
    expect(textsOf(emulator, 7)).toEqual(["finally"]);
  });

  test("a server of one's own: the response of a dropped update is ended", async () => {
    const emulator = await telegram();
    const bot = install(telegrafAt(emulator));
    bot.on("message", (ctx) => ctx.reply("hi"));
    const { url, ended } = await serveByHand(bot);
    await telegramAt(emulator).setWebhook(url);
    const update = emulator.say<Update>(token, { chat: 7, text: "a" });
    await eventually(() => ended.length === 1, "the first answer");
    emulator.deliver(token, update as never);
    await eventually(() => ended.length === 2, "the second answer");
    expect(ended).toEqual([200, 200]);
    expect(textsOf(emulator, 7)).toEqual(["hi"]);
  });

  test("with install nothing is answered in the webhook's own response: every call is a request", async () => {
    const emulator = await telegram();
    const bot = install(telegrafAt(emulator));
    bot.on("message", (ctx) => ctx.sendChatAction("typing"));
    await serveTelegraf(emulator, bot);
    emulator.say(token, { chat: 7, text: "a" });
    await eventually(() => emulator.pending(token) === 0, "the update is confirmed");
    const requests = emulator.ledger.requests({ method: "sendChatAction" });
    expect(requests.map(({ webhookReply }) => webhookReply)).toEqual([undefined]);
    expect(emulator.deliveries(token)).toHaveLength(1);
  });

  test("the middleware form leaves Telegraf's webhook replies alone", async () => {
    const emulator = await telegram();
    const bot = telegrafAt(emulator);
    const answers: unknown[] = [];
    bot.use(reliability().updates());
    bot.on("message", async (ctx) => {
      answers.push(await ctx.sendChatAction("typing"));
      await ctx.reply("hi");
    });
    await serveTelegraf(emulator, bot);
    emulator.say(token, { chat: 7, text: "a" });
    await eventually(() => emulator.pending(token) === 0, "the update is confirmed");
    expect(answers).toEqual([true]);
    expect(emulator.ledger.requests({ method: "sendChatAction" })).toMatchObject([{ webhookReply: true }]);
    await eventually(() => textsOf(emulator, 7).length === 1, "the reply");
  });
});

describe("a handler that fails", () => {
  test("frees its update, and what it had sent is not sent again", async () => {
    const emulator = await telegram();
    const bot = install(telegrafAt(emulator));
    const caught: unknown[] = [];
    let runs = 0;
    bot.on("message", async (ctx) => {
      await ctx.reply("one");
      if (++runs === 1) throw new Error("the database is away");
      await ctx.reply("two");
    });
    bot.catch((error) => {
      caught.push(error);
      throw error;
    });
    const update = emulator.say<Update>(token, { chat: 7, text: "a" });
    await expect(bot.handleUpdate(update)).rejects.toThrow("the database is away");
    for (let i = 0; i < 2; i++) await bot.handleUpdate(update);
    expect(caught).toHaveLength(1);
    expect(runs).toBe(2);
    expect(textsOf(emulator, 7)).toEqual(["one", "two"]);
  });

  test("known limit: Telegraf confirms a webhook update all the same, so it does not come again by itself", async () => {
    const emulator = await telegram();
    const bot = install(telegrafAt(emulator));
    let runs = 0;
    bot.on("message", () => {
      runs++;
      throw new Error("the database is away");
    });
    bot.catch((error) => {
      throw error;
    });
    await serveTelegraf(emulator, bot);
    emulator.say(token, { chat: 7, text: "a" });
    await eventually(() => emulator.pending(token) === 0, "the update is confirmed");
    expect(emulator.deliveries(token)).toMatchObject([{ status: 200 }]);
    expect(runs).toBe(1);
  });

  test("handled by bot.catch, counts as handled", async () => {
    const emulator = await telegram();
    const bot = install(telegrafAt(emulator));
    let runs = 0;
    bot.on("message", () => {
      runs++;
      throw new Error("a bug");
    });
    bot.catch(async (_, ctx) => {
      await ctx.reply("Sorry!");
    });
    const update = emulator.say<Update>(token, { chat: 7, text: "a" });
    for (let i = 0; i < 2; i++) await bot.handleUpdate(update);
    expect(runs).toBe(1);
    expect(textsOf(emulator, 7)).toEqual(["Sorry!"]);
  });

  test("of our own ambiguous conflict does not come again for 24 h: the update is over, and an event says so", async () => {
    const emulator = await telegram();
    const bot = telegrafAt(emulator);
    const warned: string[] = [];
    const silent = () => {};
    const warn = (_: object, text: string) => void warned.push(text);
    const sendonce = reliability({ logger: { debug: silent, info: silent, warn, error: silent } });
    install(bot, sendonce.guard);
    const unfinished: number[] = [];
    sendonce.guard.on("updateUnfinished", ({ updateId }) => unfinished.push(updateId));
    const seen: unknown[] = [];
    bot.on("message", (ctx) => ctx.reply("paid!"));
    bot.catch((error) => {
      seen.push(error);
      throw error;
    });
    emulator.fault({ method: "sendMessage", kind: "cut-after" });
    const update = emulator.say<Update>(token, { chat: 7, text: "pay" });
    await expect(bot.handleUpdate(update)).rejects.toMatchObject({ name: "FetchError" });
    for (let i = 0; i < 2; i++) await bot.handleUpdate(update);
    expect(unfinished).toEqual([update.update_id]);
    expect(isSendonceRefusal(seen[1])).toBe(true);
    expect(warned.some((text) => text.includes("updateUnfinished"))).toBe(true);
    expect(textsOf(emulator, 7)).toEqual(["paid!"]);
  });
});
