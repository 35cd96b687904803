import { createGuard, install } from "@sendonce/grammy";
import { describe, expect, test } from "vitest";
import { botAt, telegram, textsOf, virtualTelegram } from "../kit/telegram.js";

describe("a 429", () => {
  test("events tell the flood", async () => {
    const emulator = await telegram();
    const guard = createGuard();
    const floods: number[] = [];
    guard.on("freeze", ({ retryAfterMs }) => floods.push(retryAfterMs));
    const bot = install(botAt(emulator), guard);
    emulator.fault({ method: "sendMessage", kind: "429", retryAfter: 1 });
    await bot.api.sendMessage(7, "a");
    expect(floods).toEqual([1_000]);
  });

  test("known limit: a server that shuts down may answer 429 to a message it did send", async () => {
    const { clock, emulator, bot } = virtualTelegram();
    emulator.fault({ method: "sendMessage", kind: "restart", ms: 1_000, commit: true });
    await clock.run(bot.api.sendMessage(7, "a"));
    expect(textsOf(emulator, 7)).toEqual(["a", "a"]);
  });
});
