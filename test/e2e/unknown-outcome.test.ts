import { autoRetry } from "@grammyjs/auto-retry";
import { createGuard, install } from "@sendonce/grammy";
import { describe, expect, test } from "vitest";
import { botAt, eventually, serveWebhook, telegram, textsOf, token } from "../kit/telegram.js";

const conflict = { error_code: 409, parameters: { sendonce: { code: "ambiguous" } } };

describe("a response that is lost after Telegram took the message", () => {
  test("auto-retry outside us meets a 409 instead of sending again", async () => {
    const emulator = await telegram();
    const bot = install(botAt(emulator));
    bot.api.config.use(autoRetry());
    emulator.fault({ method: "sendMessage", kind: "cut-after" });
    await expect(bot.api.sendMessage(7, "paid!")).rejects.toMatchObject(conflict);
    expect(textsOf(emulator, 7)).toEqual(["paid!"]);
  });
});

describe("the update whose handler died of it", () => {
  test.for([
    ["alone", false],
    ["with auto-retry outside us", true],
  ] as const)(
    "is finished, and that chat's next update is answered within seconds: %s",
    async ([, retry]) => {
      const emulator = await telegram();
      const guard = createGuard();
      const unfinished: number[] = [];
      guard.on("updateUnfinished", ({ updateId }) => unfinished.push(updateId));
      const bot = install(botAt(emulator), guard);
      if (retry) bot.api.config.use(autoRetry());
      bot.on("message", (ctx) => ctx.reply(`re: ${ctx.message.text}`));
      await serveWebhook(emulator, bot);
      emulator.fault({ method: "sendMessage", kind: "cut-after" });
      const poison = emulator.say<{ update_id: number }>(token, { chat: 7, text: "one" });
      emulator.say(token, { chat: 7, text: "two" });
      await eventually(() => textsOf(emulator, 7).includes("re: two"), "the next update is answered");
      expect(textsOf(emulator, 7)).toEqual(["re: one", "re: two"]);
      expect(unfinished).toEqual([poison.update_id]);
      await eventually(() => emulator.pending(token) === 0, "both updates are confirmed");
    },
  );
});
