import { install } from "@sendonce/telegraf";
import { type Context, session } from "telegraf";
import { describe, expect, test } from "vitest";
import { telegrafAt, telegram, textsOf, token, type Update } from "../../kit/telegraf.js";
import { type Program, perform, type Script, sideBySide, silent } from "./side-by-side.js";

interface Counting extends Context {
  session: { count: number };
}

const script: Script = ["a", "b", "c"].map((text) => ({ chat: 7, text }));
const texts = (ledger: readonly { text?: string }[]) => ledger.map(({ text }) => text);

/** Counts what people write, in the session, before it answers. */
const counter = (): Program<Counting> => (bot) => {
  bot.use(session({ defaultSession: () => ({ count: 0 }) }));
  bot.on("message", (ctx) => ctx.reply(`message ${++ctx.session.count}`));
};

describe("sessions", () => {
  test("a message counts once, however often its update comes", async () => {
    const { without, guarded, redelivered } = await sideBySide(counter, script);
    expect(texts(without)).toEqual(["message 1", "message 2", "message 3"]);
    expect(guarded).toEqual(without);
    expect(redelivered).toEqual(without);
  });

  test("a handler that counts, and then loses the answer, counts again and says something new: a known limit", async () => {
    const { ledger } = await perform(counter(), script.slice(0, 1), { losing: 0 });
    expect(texts(ledger)).toEqual(["message 1", "message 2"]);
  });

  test("with match: position it says nothing new: the answer was the first of its update either way", async () => {
    const guard = { idempotency: { match: "position" as const } };
    const { ledger } = await perform(counter(), script.slice(0, 1), { losing: 0, guard });
    expect(texts(ledger)).toEqual(["message 1"]);
  });

  test("copies of an update that come at once count once", async () => {
    const emulator = await telegram();
    const bot = install(telegrafAt<Counting>(emulator), { logger: silent });
    counter()(bot);
    const update = emulator.say<Update>(token, { chat: 7, text: "a" });
    await Promise.all([1, 2, 3].map(() => bot.handleUpdate(update)));
    expect(textsOf(emulator, 7)).toEqual(["message 1"]);
  });
});
