import { delivery, install, withDelivery } from "@sendonce/telegraf";
import type { Telegram } from "telegraf";
import { describe, expect, test } from "vitest";
import { telegrafAt, telegram, telegramAt, token, type Update } from "../../kit/telegraf.js";

/** Another content under the same key: the first one is replayed, so the key was obeyed. */
describe("delivery() reaches the guard", () => {
  const extra = () => ({ ...delivery({ key: "once", onMismatch: "replay" }) });
  const photo = (n: number) => ({ source: Buffer.from(`photo ${n}`) });
  const price = [{ label: "a", amount: 100 }];

  test.for([
    ["sendMessage", (api: Telegram, n: number) => api.sendMessage(7, `${n}`, extra())],
    ["sendPhoto", (api: Telegram, n: number) => api.sendPhoto(7, photo(n), extra())],
    [
      "sendPhoto with a caption",
      (api: Telegram, n: number) => api.sendPhoto(7, photo(n), { caption: "a", ...extra() }),
    ],
    ["sendDocument", (api: Telegram, n: number) => api.sendDocument(7, photo(n), extra())],
    ["sendAudio", (api: Telegram, n: number) => api.sendAudio(7, photo(n), extra())],
    ["sendVideo", (api: Telegram, n: number) => api.sendVideo(7, photo(n), extra())],
    ["sendAnimation", (api: Telegram, n: number) => api.sendAnimation(7, photo(n), extra())],
    ["sendVoice", (api: Telegram, n: number) => api.sendVoice(7, photo(n), extra())],
    ["sendVideoNote", (api: Telegram, n: number) => api.sendVideoNote(7, photo(n), extra())],
    ["sendSticker", (api: Telegram, n: number) => api.sendSticker(7, photo(n), extra())],
    [
      "sendMediaGroup",
      (api: Telegram, n: number) => api.sendMediaGroup(7, [{ type: "photo", media: photo(n) }], extra()),
    ],
    ["sendLocation", (api: Telegram, n: number) => api.sendLocation(7, n, n, extra())],
    ["sendVenue", (api: Telegram, n: number) => api.sendVenue(7, n, n, "a", "b", extra())],
    ["sendContact", (api: Telegram, n: number) => api.sendContact(7, `+${n}`, "Ann", extra())],
    ["sendDice", (api: Telegram) => api.sendDice(7, extra())],
    ["sendPoll", (api: Telegram, n: number) => api.sendPoll(7, `${n}?`, ["a", "b"], extra())],
    [
      "sendQuiz",
      (api: Telegram, n: number) =>
        api.sendQuiz(7, `${n}?`, ["a", "b"], { correct_option_id: 0, ...extra() } as never),
    ],
    ["sendGame", (api: Telegram, n: number) => api.sendGame(7, `game${n}`, extra())],
    [
      "sendInvoice",
      (api: Telegram, n: number) =>
        api.sendInvoice(
          7,
          {
            title: `${n}`,
            description: "a",
            payload: "a",
            provider_token: "a",
            currency: "EUR",
            prices: price,
          },
          extra(),
        ),
    ],
    ["forwardMessage", (api: Telegram, n: number) => api.forwardMessage(7, 8, n, extra())],
    ["copyMessage", (api: Telegram, n: number) => api.copyMessage(7, 8, n, extra())],
    ["forwardMessages", (api: Telegram, n: number) => api.forwardMessages(7, 8, [n], extra())],
    ["copyMessages", (api: Telegram, n: number) => api.copyMessages(7, 8, [n], extra())],
  ] as [string, (api: Telegram, n: number) => Promise<unknown>][])("by %s", async ([, send]) => {
    const emulator = await telegram();
    const other = await Promise.all([1, 2].map((n) => telegramAt(emulator).sendMessage(8, `original ${n}`)));
    const api = install(telegramAt(emulator));
    const first = await send(api, other[0]!.message_id);
    const second = await send(api, other[1]!.message_id);
    expect(second).toMatchObject(idsOf(first));
    expect(emulator.ledger.count({ chat: 7 })).toBe(1);
  });

  test("by ctx.reply and its like, and by withDelivery", async () => {
    const emulator = await telegram();
    const bot = install(telegrafAt(emulator));
    bot.on("message", async (ctx) => {
      await ctx.reply(ctx.update.update_id.toString(), extra());
      await ctx.replyWithPhoto(photo(ctx.update.update_id), {
        ...delivery({ key: "p", onMismatch: "replay" }),
      });
      await withDelivery({ key: "all" }, () => ctx.replyWithDice());
    });
    for (const text of ["a", "b"]) await bot.handleUpdate(emulator.say<Update>(token, { chat: 7, text }));
    expect(emulator.ledger.count({ chat: 7 })).toBe(3);
  });

  const idsOf = (result: unknown): object =>
    Array.isArray(result)
      ? result.map(({ message_id }: { message_id: number }) => ({ message_id }))
      : { message_id: (result as { message_id: number }).message_id };
});
