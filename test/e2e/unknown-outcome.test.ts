import { autoRetry } from "@grammyjs/auto-retry";
import { createGuard, delivery, install, isSendonceRefusal } from "@sendonce/grammy";
import { GrammyError, HttpError } from "grammy";
import { describe, expect, test } from "vitest";
import { botAt, eventually, serveWebhook, telegram, textsOf, token } from "../kit/telegram.js";

const conflict = { error_code: 409, parameters: { sendonce: { code: "ambiguous" } } };

describe("a response that is lost after Telegram took the message", () => {
  test.for([
    ["cut after commit", { kind: "cut-after" }],
    ["a proxy's HTML page", { kind: "html", status: 502, commit: true }],
  ] as const)("%s: the caller is told, and a repeat is refused, not sent", async ([, fault]) => {
    const emulator = await telegram();
    const { api } = install(botAt(emulator));
    emulator.fault({ method: "sendMessage", ...fault });
    await expect(api.sendMessage(7, "paid!")).rejects.toBeInstanceOf(HttpError);
    const again = await api.sendMessage(7, "paid!").catch((error: unknown) => error);
    expect(again).toBeInstanceOf(GrammyError);
    expect(again).toMatchObject(conflict);
    expect(isSendonceRefusal(again)).toBe(true);
    expect((again as GrammyError).description).toMatch(/^Conflict: sendonce: .*delivery\(\{ key \}\)/);
    expect(textsOf(emulator, 7)).toEqual(["paid!"]);
  });

  test("a 500 from Telegram is of unknown outcome too", async () => {
    const emulator = await telegram();
    const { api } = install(botAt(emulator));
    const description = "Internal Server Error: sent message was immediately deleted";
    emulator.fault({ method: "sendMessage", kind: "error", code: 500, description, commit: true });
    await expect(api.sendMessage(7, "a")).rejects.toMatchObject({ error_code: 500, description });
    await expect(api.sendMessage(7, "a")).rejects.toMatchObject(conflict);
  });

  test("another message to that chat is not held up", async () => {
    const emulator = await telegram();
    const { api } = install(botAt(emulator));
    emulator.fault({ method: "sendMessage", kind: "cut-after" });
    await api.sendMessage(7, "lost").catch(() => {});
    await api.sendMessage(7, "next");
    expect(textsOf(emulator, 7)).toEqual(["lost", "next"]);
  });

  test("auto-retry outside us meets a 409 instead of sending again", async () => {
    const emulator = await telegram();
    const bot = install(botAt(emulator));
    bot.api.config.use(autoRetry());
    emulator.fault({ method: "sendMessage", kind: "cut-after" });
    await expect(bot.api.sendMessage(7, "paid!")).rejects.toMatchObject(conflict);
    expect(textsOf(emulator, 7)).toEqual(["paid!"]);
  });

  test("inside an update the handler's own repeat is refused as well", async () => {
    const emulator = await telegram();
    const bot = install(botAt(emulator));
    const errors: unknown[] = [];
    bot.on("message", async (ctx) => {
      for (let i = 0; i < 3; i++) await ctx.reply("paid!").catch((error: unknown) => errors.push(error));
    });
    emulator.fault({ method: "sendMessage", kind: "cut-after" });
    await bot.handleUpdate(emulator.say(token, { chat: 7, text: "pay" }));
    expect(errors[0]).toBeInstanceOf(HttpError);
    expect(errors.slice(1)).toMatchObject([conflict, conflict]);
    expect(textsOf(emulator, 7)).toEqual(["paid!"]);
  });

  test("with onAmbiguous retry the caller accepts a double", async () => {
    const emulator = await telegram();
    const { api } = install(botAt(emulator), { idempotency: { onAmbiguous: "retry" } });
    emulator.fault({ method: "sendMessage", kind: "cut-after" });
    await api.sendMessage(7, "alarm").catch(() => {});
    await api.sendMessage(7, "alarm");
    expect(textsOf(emulator, 7)).toEqual(["alarm", "alarm"]);
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

describe("what is certainly not sent", () => {
  test("a 400 frees the key at once", async () => {
    const emulator = await telegram();
    const { api } = install(botAt(emulator));
    emulator.fault({
      method: "sendMessage",
      kind: "error",
      code: 400,
      description: "Bad Request: chat not found",
    });
    await expect(api.sendMessage(7, "a")).rejects.toMatchObject({ error_code: 400 });
    await api.sendMessage(7, "a");
    expect(textsOf(emulator, 7)).toEqual(["a"]);
  });

  test("a connection that was never made frees the key", async () => {
    const emulator = await telegram();
    const bot = install(botAt(emulator, { client: { apiRoot: "http://127.0.0.1:1" } }));
    await expect(bot.api.sendMessage(7, "a")).rejects.toBeInstanceOf(HttpError);
    await expect(bot.api.sendMessage(7, "a")).rejects.toBeInstanceOf(HttpError);
  });

  test("the same key with other content is refused by name", async () => {
    const emulator = await telegram();
    const { api } = install(botAt(emulator));
    await api.sendMessage(7, "10 €", { ...delivery({ key: "invoice-42" }) });
    await expect(api.sendMessage(7, "20 €", { ...delivery({ key: "invoice-42" }) })).rejects.toMatchObject({
      error_code: 409,
      parameters: { sendonce: { code: "mismatch" } },
    });
    expect(textsOf(emulator, 7)).toEqual(["10 €"]);
  });
});
