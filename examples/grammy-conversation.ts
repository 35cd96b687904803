/**
 * A conversation by @grammyjs/conversations, behind a webhook. The booking system is so slow that Telegram delivers
 * Ann's last answer again while the first run is still at it: she hears everything once. Nor does anything go out
 * again when the plugin replays a conversation from its beginning, which it does for every answer.
 *
 *     npx tsx examples/grammy-conversation.ts
 */
import { setTimeout as pause } from "node:timers/promises";
import {
  type Conversation,
  type ConversationData,
  type ConversationFlavor,
  conversations,
  createConversation,
  type VersionedStateStorage,
} from "@grammyjs/conversations";
import { install } from "@sendonce/grammy";
import { Bot, type Context, webhookCallback } from "grammy";
import { openTelegram } from "./offline.js";

const telegram = await openTelegram({ webhookTimeoutMs: 1_000 }); // the real one waits 60 s
const { token, apiRoot } = telegram;

// The conversations bring an Api of their own; install() sees to that too.
const bot = install(new Bot<ConversationFlavor<Context>>(token, { client: { apiRoot } }));

/** Takes its time, and knows a request that comes twice. */
const requests = new Map<string, Promise<unknown>>();
async function bookFerry(island: string, seats: string): Promise<string> {
  const trip = `${seats} to ${island}`;
  if (!requests.has(trip)) requests.set(trip, pause(1_400));
  await requests.get(trip);
  return trip;
}

async function booking(conversation: Conversation, ctx: Context): Promise<void> {
  await ctx.reply("Which island?");
  const { message: island } = await conversation.waitFor("message:text");
  await ctx.reply("How many seats?");
  const { message: seats } = await conversation.waitFor("message:text");
  await ctx.reply(`Looking for a ferry to ${island.text} …`);
  const trip = await conversation.external(() => bookFerry(island.text, seats.text));
  await ctx.reply(`Booked: ${trip}.`);
}

/** Conversations as text, as a database keeps them. */
const kept = new Map<string, string>();
const storage: VersionedStateStorage<string, ConversationData> = {
  read: (chat) => JSON.parse(kept.get(chat) ?? "null") ?? undefined,
  write: (chat, state) => void kept.set(chat, JSON.stringify(state)),
  delete: (chat) => void kept.delete(chat),
};

bot.use(conversations({ storage }));
bot.use(createConversation(booking));
bot.command("book", (ctx) => ctx.conversation.enter("booking"));

// Everything above is a bot as you would write it. This is what happens to it:
await telegram.serve(webhookCallback(bot, "http"));
await telegram.says("Ann", "/book");
await telegram.says("Ann", "Skye");
await telegram.says("Ann", "3");
await telegram.close();

/* Prints:
Ann writes /book
    Ann receives Which island?
Ann writes Skye
    Ann receives How many seats?
Ann writes 3
    Ann receives Looking for a ferry to Skye …
    Ann receives Booked: 3 to Skye.
*/
