import { Scenes, session } from "telegraf";
import { message } from "telegraf/filters";
import { describe, expect, test } from "vitest";
import { type Program, perform, sideBySide } from "./side-by-side.js";

const says = (...texts: string[]) => texts.map((text) => ({ chat: 7, text }));

/** Asks for a name and a size, then thanks. */
function wizardBot(): Program<Scenes.WizardContext> {
  const order = new Scenes.WizardScene<Scenes.WizardContext>(
    "order",
    async (ctx) => {
      await ctx.reply("Your name?");
      return ctx.wizard.next();
    },
    async (ctx) => {
      await ctx.reply("Which size?");
      return ctx.wizard.next();
    },
    async (ctx) => {
      await ctx.reply("Thank you.");
      return ctx.scene.leave();
    },
  );
  return (bot) => {
    bot.use(session());
    bot.use(new Scenes.Stage([order]).middleware());
    bot.command("order", (ctx) => ctx.scene.enter("order"));
    bot.on(message("text"), (ctx) => ctx.reply("Write /order."));
  };
}

/** Greets on the way in and out, echoes between. */
function sceneBot(): Program<Scenes.SceneContext> {
  const echo = new Scenes.BaseScene<Scenes.SceneContext>("echo");
  echo.enter((ctx) => ctx.reply("Echo on."));
  echo.leave((ctx) => ctx.reply("Echo off."));
  echo.command("stop", Scenes.Stage.leave<Scenes.SceneContext>());
  echo.on(message("text"), (ctx) => ctx.reply(ctx.message.text));
  return (bot) => {
    bot.use(session());
    bot.use(new Scenes.Stage<Scenes.SceneContext>([echo], { ttl: 60 }).middleware());
    bot.command("echo", (ctx) => ctx.scene.enter("echo"));
  };
}

const wizardScript = says("/order", "Ann", "large", "hello");
const sceneScript = says("/echo", "a", "a", "/stop", "b");

describe("scenes", () => {
  test("a wizard's people receive the same with Sendonce, and the same when every update comes twice", async () => {
    const { without, guarded, redelivered } = await sideBySide(wizardBot, wizardScript);
    expect(without.map(({ text }) => text)).toEqual([
      "Your name?",
      "Which size?",
      "Thank you.",
      "Write /order.",
    ]);
    expect(guarded).toEqual(without);
    expect(redelivered).toEqual(without);
  });

  test("a scene's too, with what it says on the way in and out", async () => {
    const { without, guarded, redelivered } = await sideBySide(sceneBot, sceneScript);
    expect(without.map(({ text }) => text)).toEqual(["Echo on.", "a", "a", "Echo off."]);
    expect(guarded).toEqual(without);
    expect(redelivered).toEqual(without);
  });

  test("without Sendonce a redelivered update moves a wizard on by two steps", async () => {
    const { ledger } = await perform(wizardBot(), wizardScript, { guard: false, deliveries: 2 });
    expect(ledger.map(({ text }) => text).slice(0, 3)).toEqual(["Your name?", "Which size?", "Thank you."]);
    expect(ledger).toHaveLength(8);
  });

  test.for([0, 1, 2])(
    "the answer to a wizard's message %i is lost: nobody receives it twice",
    async (losing) => {
      const { emulator, ledger } = await perform(wizardBot(), wizardScript, { losing });
      const asked = ["Your name?", "Which size?", "Thank you."][losing];
      expect(ledger[losing]).toMatchObject({ text: asked });
      expect(emulator.ledger.requests({ method: "sendMessage" }).filter((r) => r.fault)).toHaveLength(1);
      // The step did not end, so the next answer is taken by the step that asked: said again for another update.
      expect(ledger.map(({ text }) => text)).toEqual(afterLost[losing]);
    },
  );
});

test("a wizard that moves on before it speaks gives the next step the same words when the answer is lost: a known limit", async () => {
  const hasty = new Scenes.WizardScene<Scenes.WizardContext>(
    "hasty",
    async (ctx) => {
      ctx.wizard.next();
      await ctx.reply("Your name?");
    },
    async (ctx) => {
      await ctx.reply(`Hello ${ctx.text}`);
      return ctx.scene.leave();
    },
  );
  const program: Program<Scenes.WizardContext> = (bot) => {
    bot.use(session());
    bot.use(new Scenes.Stage([hasty], { default: "hasty" }).middleware());
  };
  const { ledger } = await perform(program, says("hi", "Ann"), { losing: 0 });
  expect(ledger.map(({ text }) => text).slice(0, 2)).toEqual(["Your name?", "Hello hi"]);
});

/** A step that fails is a step that was not taken: the next words of the person go to it once more. */
const afterLost = [
  ["Your name?", "Your name?", "Which size?", "Thank you."],
  ["Your name?", "Which size?", "Which size?", "Thank you."],
  ["Your name?", "Which size?", "Thank you.", "Thank you."],
];
