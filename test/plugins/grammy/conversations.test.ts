import { createHash } from "node:crypto";
import {
  type Conversation,
  type ConversationFlavor,
  conversations,
  createConversation,
} from "@grammyjs/conversations";
import {
  conversationDelivery,
  createGuard,
  delivery,
  type GuardOptions,
  install,
  isSendonceRefusal,
  reliability,
  tokenBucket,
  withDelivery,
} from "@sendonce/grammy";
import { Api, Bot, type BotConfig, type Context, HttpError, InputFile } from "grammy";
import { describe, expect, test } from "vitest";
import {
  botAt,
  botInfo,
  eventually,
  serveWebhook,
  telegram,
  textsOf,
  token,
  virtualTelegram,
} from "../../kit/telegram.js";

type Ctx = ConversationFlavor<Context>;
type Story = (conversation: Conversation<Ctx, Context>, ctx: Context) => Promise<unknown>;
type Telegram = Awaited<ReturnType<typeof telegram>>;

const greeting: Story = async (conversation, ctx) => {
  await ctx.reply("Your name?");
  const { message } = await conversation.waitFor("message:text");
  await ctx.reply(`Hello ${message.text}!`);
  await ctx.reply("Bye.");
};
const greeted = ["Your name?", "Hello Ann!", "Bye."];

/** Installs one conversation, which /start enters. */
function tells<B extends Bot<Ctx>>(
  bot: B,
  story: Story,
  options?: Parameters<typeof conversations<Ctx, Context>>[0],
) {
  bot.use(conversations<Ctx, Context>(options));
  bot.use(createConversation<Ctx, Context>(story, "story"));
  bot.command("start", (ctx) => ctx.conversation.enter("story"));
  return bot;
}

/** A guarded bot that tells a story, and somebody who talks to it. */
function talking(emulator: Telegram, story: Story, guard?: GuardOptions, config?: BotConfig<Ctx>) {
  const bot = tells(install(botAt<Ctx>(emulator, config), createGuard(guard)), story);
  return { bot, hears: (text: string) => bot.handleUpdate(emulator.say(token, { chat: 7, text })) };
}

const sends = (emulator: Telegram) => emulator.ledger.requests({ method: "sendMessage" });

describe("a conversation", () => {
  const ways: Record<string, (emulator: Telegram) => Bot<Ctx>> = {
    "without Sendonce": (emulator) => tells(botAt<Ctx>(emulator), greeting),
    "after install": (emulator) => tells(install(botAt<Ctx>(emulator)), greeting),
    "before install": (emulator) => install(tells(botAt<Ctx>(emulator), greeting)),
    "under .updates() alone": (emulator) => {
      const bot = botAt<Ctx>(emulator);
      const sendonce = reliability();
      bot.api.config.use(sendonce);
      bot.use(sendonce.updates());
      return tells(bot, greeting);
    },
    "under install and .updates()": (emulator) => {
      const guard = createGuard();
      const bot = install(botAt<Ctx>(emulator), guard);
      bot.use(reliability(guard).updates());
      return tells(bot, greeting);
    },
    "whose plugins hold reliability() as well": (emulator) => {
      const bot = botAt<Ctx>(emulator);
      const sendonce = reliability();
      bot.use(sendonce.updates());
      const plugin = async (ctx: Context, next: () => Promise<void>) => {
        ctx.api.config.use(sendonce);
        await next();
      };
      return tells(bot, greeting, { plugins: [plugin] });
    },
  };

  test.for(Object.entries(ways))("%s says each thing once, with one request each", async ([, made]) => {
    const emulator = await telegram();
    const bot = made(emulator);
    await bot.handleUpdate(emulator.say(token, { chat: 7, text: "/start" }));
    await bot.handleUpdate(emulator.say(token, { chat: 7, text: "Ann" }));
    expect(textsOf(emulator, 7)).toEqual(greeted);
    expect(sends(emulator)).toHaveLength(3);
  });

  test("is guarded by the update that it answers, and a replay is neither charged nor sent", async () => {
    const emulator = await telegram();
    const guard = createGuard();
    const calls: string[] = [];
    for (const name of ["sent", "replayed", "refused", "failed"] as const) {
      guard.on(name, ({ scope }) => calls.push(`${name} by ${scope}`));
    }
    const bot = tells(install(botAt<Ctx>(emulator), guard), greeting);
    await bot.handleUpdate(emulator.say(token, { chat: 7, text: "/start" }));
    await bot.handleUpdate(emulator.say(token, { chat: 7, text: "Ann" }));
    expect(calls).toEqual(Array(3).fill("sent by update"));
  });

  test("calls methods without parameters as well", async () => {
    const emulator = await telegram();
    const { hears } = talking(emulator, async (_, ctx) => {
      const { username } = await ctx.api.getMe();
      await ctx.reply(`I am ${username}`);
    });
    await hears("/start");
    expect(textsOf(emulator, 7)).toEqual(["I am bot4242_bot"]);
  });

  test("gives the same answer to two updates", async () => {
    const emulator = await telegram();
    const { hears } = talking(emulator, async (conversation, ctx) => {
      await ctx.reply("Again!");
      await conversation.wait();
      await ctx.reply("Again!");
    });
    await hears("/start");
    await hears("more");
    expect(textsOf(emulator, 7)).toEqual(["Again!", "Again!"]);
  });

  test("sends in parallel, and by its outside context, each once", async () => {
    const emulator = await telegram();
    const { hears } = talking(emulator, async (conversation, ctx) => {
      await Promise.all(["a", "b", "c", "c"].map((text) => ctx.reply(text)));
      await conversation.external((outside) => outside.reply("outside"));
      await conversation.wait();
      await ctx.reply("end");
    });
    await hears("/start");
    await hears("go on");
    expect(textsOf(emulator, 7).slice(0, 4).sort()).toEqual(["a", "b", "c", "c"]);
    expect(textsOf(emulator, 7).slice(4)).toEqual(["outside", "end"]);
    expect(sends(emulator)).toHaveLength(6);
  });

  test("on a webhook-reply bot sends as it does without Sendonce, once under redelivery", async () => {
    const emulator = await telegram();
    const client = { canUseWebhookReply: (method: string) => method === "sendMessage" };
    const { bot } = talking(emulator, greeting, {}, { client });
    await serveWebhook(emulator, bot);
    emulator.say(token, { chat: 7, text: "/start" });
    const update = emulator.say<{ update_id: number }>(token, { chat: 7, text: "Ann" });
    await eventually(() => textsOf(emulator, 7).length === 3, "the conversation is over");
    emulator.deliver(token, update);
    await eventually(() => emulator.pending(token) === 0, "the redelivery is confirmed");
    expect(textsOf(emulator, 7)).toEqual(greeted);
    expect(emulator.ledger.requests().filter(({ webhookReply }) => webhookReply)).toEqual([]);
  });
});

describe("a conversation under redelivery and bad luck", () => {
  test("whose state was lost after it had sent: the update comes again and nothing is sent twice", async () => {
    const emulator = await telegram();
    const states = new Map<string, never>();
    let isLosing = false;
    const adapter = {
      read: async (key: string) => structuredClone(states.get(key)),
      write: async (key: string, state: never) => {
        if (isLosing) throw new Error("the disk is full");
        states.set(key, structuredClone(state));
      },
      delete: async (key: string) => {
        if (isLosing) throw new Error("the disk is full");
        states.delete(key);
      },
    };
    const bot = tells(install(botAt<Ctx>(emulator)), greeting, { storage: { type: "key", adapter } });
    await bot.handleUpdate(emulator.say(token, { chat: 7, text: "/start" }));
    const update = emulator.say<never>(token, { chat: 7, text: "Ann" });
    isLosing = true;
    await expect(bot.handleUpdate(update)).rejects.toThrow("the disk is full");
    isLosing = false;
    await bot.handleUpdate(update);
    expect(textsOf(emulator, 7)).toEqual(greeted);
    expect(states.size).toBe(0);
  });

  test("a lost answer is told as a HttpError, and entering again is refused, not sent", async () => {
    const emulator = await telegram();
    const errors: unknown[] = [];
    const { bot } = talking(emulator, async (_, ctx) => {
      await ctx.reply("paid!").catch((error: unknown) => errors.push(error));
      await ctx.reply("paid!").catch((error: unknown) => errors.push(error));
    });
    emulator.fault({ method: "sendMessage", kind: "cut-after" });
    await bot.handleUpdate(emulator.say(token, { chat: 7, text: "/start" }));
    expect(errors[0]).toBeInstanceOf(HttpError);
    expect(isSendonceRefusal(errors[1])).toBe(true);
    expect(textsOf(emulator, 7)).toEqual(["paid!"]);
  });

  test("a handler that dies of a lost answer is run again without sending again", async () => {
    const emulator = await telegram();
    const { bot } = talking(emulator, greeting);
    const update = emulator.say<never>(token, { chat: 7, text: "/start" });
    emulator.fault({ method: "sendMessage", kind: "cut-after" });
    await expect(bot.handleUpdate(update)).rejects.toThrow("Network request");
    await bot.handleUpdate(update);
    expect(textsOf(emulator, 7)).toEqual(["Your name?"]);
  });

  test("a 429 is waited out, and the conversation does not notice", async () => {
    const { clock, emulator, bot } = virtualTelegram();
    const talks = tells(bot as unknown as Bot<Ctx>, greeting);
    emulator.fault({ method: "sendMessage", kind: "429", retryAfter: 5 });
    const from = clock.now();
    await clock.run(talks.handleUpdate(emulator.say(token, { chat: 7, text: "/start" })));
    expect(clock.now() - from).toBeGreaterThanOrEqual(5_000);
    await clock.run(talks.handleUpdate(emulator.say(token, { chat: 7, text: "Ann" })));
    expect(textsOf(emulator, 7)).toEqual(greeted);
  });

  test("a wait ends with the caller's signal", async () => {
    const emulator = await telegram();
    const errors: unknown[] = [];
    const chat = tokenBucket({ capacity: 1, refillPerSecond: 0.2 });
    const story: Story = async (_, ctx) => {
      await ctx.reply("first");
      const controller = new AbortController();
      const second = ctx.reply("second", {}, controller.signal as never);
      setTimeout(() => controller.abort(), 50);
      await second.catch((error: unknown) => errors.push(error));
    };
    const { hears } = talking(emulator, story, { limits: { chat }, replies: "wait" });
    await hears("/start");
    expect(errors[0]).toBeInstanceOf(HttpError);
    expect(textsOf(emulator, 7)).toEqual(["first"]);
  });

  test("a refusal speaks grammY's dialect", async () => {
    const emulator = await telegram();
    const errors: unknown[] = [];
    const chat = tokenBucket({ capacity: 1, refillPerSecond: 0.01 });
    const story: Story = async (_, ctx) => {
      await ctx.reply("first");
      await ctx.reply("second").catch((error: unknown) => errors.push(error));
    };
    const { hears } = talking(emulator, story, { limits: { chat }, replies: "wait" });
    await hears("/start");
    expect(errors).toMatchObject([{ error_code: 429, parameters: { retry_after: 100 } }]);
    expect(isSendonceRefusal(errors[0])).toBe(true);
  });
});

describe("files in a conversation", () => {
  const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

  test("arrive as they were given, and once, when the update comes again", async () => {
    const emulator = await telegram();
    const bytes = Buffer.from("a picture");
    const { bot } = talking(emulator, async (_, ctx) => {
      await ctx.replyWithPhoto(new InputFile(bytes, "größe.jpg"), { caption: "look" });
      await ctx.replyWithMediaGroup([
        { type: "document", media: new InputFile(Buffer.from("one"), "1.txt") },
        { type: "document", media: new InputFile(Buffer.from("two"), "2.txt"), caption: "both" },
      ]);
      throw new Error("the bot falls over");
    });
    const update = emulator.say<never>(token, { chat: 7, text: "/start" });
    await expect(bot.handleUpdate(update)).rejects.toThrow("the bot falls over");
    await expect(bot.handleUpdate(update)).rejects.toThrow("the bot falls over");
    const received = emulator.ledger.received(7);
    expect(received.map(({ caption }) => caption)).toEqual(["look", undefined, "both"]);
    expect(received[0]?.payload.photo).toMatchObject({ filename: "größe.jpg", sha256: sha256(bytes) });
    expect(received[1]?.payload.media).toMatchObject([
      { media: { filename: "1.txt", size: 3 } },
      { media: { filename: "2.txt", size: 3 } },
    ]);
  });

  test("are sent whole again after a 429, also a stream of more than 16 MB", async () => {
    const { clock, emulator, bot } = virtualTelegram();
    const chunk = Buffer.alloc(1024 * 1024, "x");
    async function* stream() {
      for (let i = 0; i < 17; i++) yield chunk;
    }
    const talks = tells(bot as unknown as Bot<Ctx>, (_, ctx) =>
      ctx.replyWithDocument(new InputFile(stream, "large.bin")),
    );
    emulator.fault({ method: "sendDocument", kind: "429", retryAfter: 5 });
    await clock.run(talks.handleUpdate(emulator.say(token, { chat: 7, text: "/start" })));
    const [received] = emulator.ledger.received(7);
    expect(received?.payload.document).toMatchObject({ filename: "large.bin", size: 17 * chunk.length });
    expect(emulator.ledger.requests({ method: "sendDocument" })).toHaveLength(2);
  });
});

describe("the bot's own client options", () => {
  test("reach Telegram from inside a conversation: fetch, buildUrl, environment, baseFetchConfig", async () => {
    const { emulator } = virtualTelegram();
    const seen: string[] = [];
    const client: BotConfig<Ctx>["client"] = {
      apiRoot: "https://relay.example",
      environment: "test",
      buildUrl: (root, _, method, env) => `${root}/${env}/call?name=${method}`,
      baseFetchConfig: { headers: { relay: "yes" } },
      fetch: ((url: string, init: RequestInit & { compress?: boolean }) => {
        seen.push(`${url} compress ${init.compress}`);
        const method = new URL(url).searchParams.get("name");
        return emulator.fetch(`https://api.telegram.org/bot${token}/${method}`, init as never);
      }) as never,
    };
    const bot = tells(install(new Bot<Ctx>(token, { botInfo, client })), greeting);
    await bot.handleUpdate(emulator.say(token, { chat: 7, text: "/start" }));
    await bot.handleUpdate(emulator.say(token, { chat: 7, text: "Ann" }));
    expect(textsOf(emulator, 7)).toEqual(greeted);
    expect(seen).toEqual(Array(3).fill("https://relay.example/test/call?name=sendMessage compress true"));
  });

  test("another bot that is made from them speaks for itself, unguarded", async () => {
    const emulator = await telegram();
    const bot = install(botAt<Ctx>(emulator));
    bot.on("message", async (ctx) => {
      const other = new Api("5555:other-token", ctx.api.options);
      await other.sendMessage(7, "from another bot");
      await other.sendMessage(7, "from another bot");
    });
    await bot.handleUpdate(emulator.say(token, { chat: 7, text: "hi" }));
    const bots = emulator.ledger.received(7).map((message) => message.bot);
    expect(bots).toEqual([5555, 5555]);
  });

  test("other addresses that a plugin fetches by them are left alone", async () => {
    const { emulator } = virtualTelegram();
    const urls: string[] = [];
    const fetch = (async (url: string) => {
      urls.push(String(url));
      return new Response("bytes");
    }) as never;
    const bot = install(new Bot<Ctx>(token, { botInfo, client: { fetch } }));
    bot.on("message", (ctx) => ctx.api.options?.fetch?.(`https://api.telegram.org/file/bot${token}/a.jpg`));
    await bot.handleUpdate(emulator.say(token, { chat: 7, text: "hi" }));
    expect(urls).toEqual([`https://api.telegram.org/file/bot${token}/a.jpg`]);
  });
});

describe("keys of one's own in a conversation", () => {
  const paying: Story = async (conversation, ctx) => {
    await ctx.reply("Paid!", { ...delivery({ key: "invoice-42" }) });
    await conversation.wait();
    await ctx.reply("Thanks.");
  };

  test("delivery() works by the plugin conversationDelivery()", async () => {
    const emulator = await telegram();
    const bot = install(botAt<Ctx>(emulator));
    tells(bot, paying, { plugins: [conversationDelivery()] });
    await bot.api.sendMessage(7, "Paid!", { ...delivery({ key: "invoice-42" }) });
    await bot.handleUpdate(emulator.say(token, { chat: 7, text: "/start" }));
    await bot.handleUpdate(emulator.say(token, { chat: 7, text: "go on" }));
    expect(textsOf(emulator, 7)).toEqual(["Paid!", "Thanks."]);
    expect(JSON.stringify(emulator.ledger.received().map(({ payload }) => payload))).not.toContain(
      "invoice-42",
    );
  });

  test("delivery() is ignored without the plugin, and the message goes out", async () => {
    const emulator = await telegram();
    const bot = tells(install(botAt<Ctx>(emulator)), paying);
    await bot.api.sendMessage(7, "Paid!", { ...delivery({ key: "invoice-42" }) });
    await bot.handleUpdate(emulator.say(token, { chat: 7, text: "/start" }));
    expect(textsOf(emulator, 7)).toEqual(["Paid!", "Paid!"]);
  });

  test("withDelivery() works by itself", async () => {
    const emulator = await telegram();
    const { hears } = talking(emulator, async (conversation, ctx) => {
      for (let i = 0; i < 2; i++) {
        await withDelivery({ key: "receipt" }, () => ctx.reply("Your receipt"));
        await conversation.wait();
      }
      await ctx.reply("end");
    });
    await hears("/start");
    await hears("go on");
    await hears("go on");
    expect(textsOf(emulator, 7)).toEqual(["Your receipt", "end"]);
  });
});
