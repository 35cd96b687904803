import { reliability } from "@sendonce/grammy";
import { expect, test } from "vitest";
import { botAt, telegram } from "../kit/telegram.js";

test("smoke", async () => {
  const emulator = await telegram();
  const bot = botAt(emulator);
  bot.api.config.use(reliability());
  const a = await bot.api.sendMessage(7, "hello");
  const b = await bot.api.sendMessage(7, "hello");
  expect(b.message_id).toBe(a.message_id);
  expect(emulator.ledger.count({ chat: 7 })).toBe(1);
});
