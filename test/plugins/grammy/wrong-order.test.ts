import { autoRetry } from "@grammyjs/auto-retry";
import { hydrateFiles } from "@grammyjs/files";
import { hydrateApi } from "@grammyjs/hydrate";
import { apiThrottler } from "@grammyjs/transformer-throttler";
import { createGuard, type Guard, install, reliability } from "@sendonce/grammy";
import type { Bot, Transformer } from "grammy";
import { describe, expect, test } from "vitest";
import { apiAt, botAt, telegram, token } from "../../kit/telegram.js";

/** A guard that notes what it warns of. */
function listening(): { guard: Guard; warned: { kind: unknown; text: unknown }[] } {
  const warned: { kind: unknown; text: unknown }[] = [];
  const silent = () => {};
  const warn = (facts: unknown, text: unknown) =>
    void warned.push({ kind: (facts as { warning: unknown }).warning, text });
  return { warned, guard: createGuard({ logger: { debug: silent, info: silent, error: silent, warn } }) };
}

/** Both reach Telegram's 429 first, so that Sendonce learns of it late or never. */
const logging: Transformer = async (prev, method, payload, signal) => {
  const answer = await prev(method, payload, signal);
  if (!answer.ok && answer.parameters?.retry_after !== undefined) console.info(answer.error_code, method);
  return answer;
};

const ways: Record<string, (bot: Bot, guard: Guard) => void> = {
  "by install": (bot, guard) => void install(bot, guard),
  "by install on a bare Api": (bot, guard) => void install(bot.api, guard),
  "by a bare transformer": (bot, guard) => bot.api.config.use(reliability(guard)),
  "by .updates()": (bot, guard) => {
    const sendonce = reliability(guard);
    bot.api.config.use(sendonce);
    bot.use(sendonce.updates());
  },
};

describe.for(Object.entries(ways))("what was installed before Sendonce is seen %s", ([, guarded]) => {
  async function warnedOf(before: Transformer[], after: Transformer[] = []) {
    const emulator = await telegram();
    const { guard, warned } = listening();
    const bot = botAt(emulator);
    bot.api.config.use(...before);
    guarded(bot, guard);
    bot.api.config.use(...after);
    for (const text of ["a", "b"]) await bot.handleUpdate(emulator.say(token, { chat: 7, text }));
    return warned;
  }

  test("auto-retry, with what to do about it, once", async () => {
    const warned = await warnedOf([hydrateApi(), autoRetry(), autoRetry()]);
    expect(warned.map(({ kind }) => kind)).toEqual(["autoRetryInside"]);
    expect(warned[0]?.text).toMatch(/Install Sendonce first/);
  });

  test("transformer-throttler, with what to do about it, once", async () => {
    const warned = await warnedOf([apiThrottler()]);
    expect(warned.map(({ kind }) => kind)).toEqual(["throttlerInside"]);
    expect(warned[0]?.text).toMatch(/limitsFromThrottler.*docs\/migrating\.md/);
  });

  test("nothing else is taken for one of them", async () => {
    expect(await warnedOf([hydrateApi(), hydrateFiles(token), logging])).toEqual([]);
  });

  test("outside Sendonce they may stand", async () => {
    expect(await warnedOf([], [autoRetry(), apiThrottler()])).toEqual([]);
  });
});

test("a worker's Api is looked at as well", async () => {
  const { guard, warned } = listening();
  const api = apiAt(await telegram());
  api.config.use(autoRetry());
  install(api, guard);
  expect(warned.map(({ kind }) => kind)).toEqual(["autoRetryInside"]);
});

test("known limit: inside Sendonce auto-retry sends a message again whose answer was lost", async () => {
  const emulator = await telegram();
  const { guard } = listening();
  const bot = botAt(emulator);
  bot.api.config.use(autoRetry());
  install(bot, guard);
  emulator.fault({ method: "sendMessage", kind: "cut-after" });
  await bot.api.sendMessage(7, "paid!");
  expect(emulator.ledger.received(7)).toHaveLength(2);
});
