import type { Emulator } from "@sendonce/emulator";
import { createGuard, install, reliability } from "@sendonce/grammy";
import type { Bot } from "grammy";
import { describe, expect, test } from "vitest";
import { telegram, token } from "../../kit/telegram.js";
import { type Story, stories } from "./stories.js";

const chat = 7;

/** What everybody received, without what differs between two runs of the world. */
const ledgerOf = ({ ledger }: Emulator) =>
  ledger.received().map(({ chat, method, text, caption, payload }) => {
    const { entities, reply_markup } = payload;
    const buttons = (reply_markup as { inline_keyboard?: { text: string }[][] } | undefined)?.inline_keyboard;
    return {
      chat,
      method,
      text: text ?? caption,
      entities,
      buttons: buttons?.flat().map(({ text }) => text),
    };
  });

/** Tells a story to a bot; each update comes `times` times. */
async function told({ made, says }: Story, guard: (bot: Bot) => void, { times = 1, loses = "" } = {}) {
  const emulator = await telegram();
  const bot = made(emulator, guard);
  if (loses) emulator.fault({ method: loses, kind: "cut-after" });
  for (const saying of says) {
    const update = emulator.say<never>(token, { chat, ...saying });
    for (let i = 0; i < times; i++) await bot.handleUpdate(update).catch(() => {});
  }
  return emulator;
}

const guardless = () => {};
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const installed = (bot: Bot) => void install(bot, { logger });
/** Handlers run again for an update that comes again: only the sends protect themselves. */
function rerunning(bot: Bot): void {
  const sendonce = reliability();
  bot.api.config.use(sendonce);
  bot.use(sendonce.updates({ drop: false }));
}

describe.for(Object.entries(stories))("beside %s", ([, story]) => {
  test("people receive what they receive without Sendonce", async () => {
    const without = ledgerOf(await told(story, guardless));
    expect(without.length).toBeGreaterThan(0);
    expect(ledgerOf(await told(story, installed))).toEqual(without);
  });

  test("updates that come twice are answered once", async () => {
    const once = ledgerOf(await told(story, guardless));
    expect(ledgerOf(await told(story, installed, { times: 2 }))).toEqual(once);
  });

  test("handlers that run twice say everything once", async () => {
    const once = ledgerOf(await told(story, guardless));
    expect(ledgerOf(await told(story, rerunning, { times: 2 }))).toEqual(once);
  });

  test("nobody receives a message twice whose answer was lost", async () => {
    const emulator = await told(story, installed, { times: 3, loses: "sendMessage" });
    expect(emulator.ledger.requests({ method: "sendMessage" })[0]).toMatchObject({ fault: "cut-after" });
    expect(emulator.ledger.doubled()).toEqual([]);
  });
});

describe.for(["auto-retry", "transformer-throttler", "stream"])("beside %s", (name) => {
  test("a flood is waited out by Sendonce, and the message comes once", async () => {
    const { made, says } = stories[name]!;
    const emulator = await telegram();
    const guard = createGuard();
    const floods: string[] = [];
    guard.on("freeze", ({ method }) => floods.push(method));
    const bot = made(emulator, (bare) => void install(bare, guard));
    emulator.fault({ method: "sendMessage", kind: "429", retryAfter: 1 });
    await bot.handleUpdate(emulator.say(token, { chat, ...says[0] }));
    expect(floods).toEqual(["sendMessage"]);
    expect(ledgerOf(emulator)[0]?.text).toContain(says[0]?.text);
    expect(emulator.ledger.doubled()).toEqual([]);
  });
});
