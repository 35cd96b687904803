import type { Emulator, Received, Saying } from "@sendonce/emulator";
import { type GuardOptions, install } from "@sendonce/telegraf";
import type { Context, Telegraf } from "telegraf";
import { telegrafAt, telegram, token, type Update } from "../../kit/telegraf.js";

/** Puts handlers and plugins on a bot, as its author would. */
export type Program<C extends Context> = (bot: Telegraf<C>) => void;

/** What people do, one after the other. */
export type Script = readonly Saying[];

/** How Telegram and Sendonce behave in one performance. */
export interface Staging {
  readonly guard?: GuardOptions | false;
  /** How often each update comes. @default 1 */
  readonly deliveries?: number;
  /** The answer to this request, counted from 0, is lost. */
  readonly losing?: number;
}

/** One performance. */
export interface Performance {
  readonly emulator: Emulator;
  /** Who received what, without times. */
  readonly ledger: readonly Pick<Received, "chat" | "method" | "payload" | "text">[];
}

/** Performs the script over HTTP, update after update; what a handler throws makes Telegram deliver again. */
export async function perform<C extends Context>(
  program: Program<C>,
  script: Script,
  { guard = {}, deliveries = 1, losing }: Staging = {},
): Promise<Performance> {
  const emulator = await telegram();
  const bot = telegrafAt<C>(emulator);
  bot.catch((error) => {
    throw error;
  });
  program(bot);
  if (guard !== false) install(bot, { logger: silent, ...guard });
  if (losing !== undefined) emulator.fault({ method: "sendMessage", kind: "cut-after", after: losing });
  for (const saying of script) {
    const update = emulator.say<Update>(token, saying);
    for (let n = 0; n < deliveries; n++) await handled(bot, update);
  }
  return { emulator, ledger: emulator.ledger.received().map(content) };
}

/** A failed update comes again, and then once more at most. */
async function handled<C extends Context>(bot: Telegraf<C>, update: Update): Promise<void> {
  for (let tries = 0; tries < 3; tries++) {
    const failed = await bot.handleUpdate(update).then(
      () => false,
      () => true,
    );
    if (!failed) return;
  }
}

const content = ({ chat, method, payload, text }: Received) => ({
  chat,
  method,
  payload,
  ...(text && { text }),
});

/** Warnings are not what these tests look at. */
export const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** The same script without Sendonce, with it, and with every update delivered twice. */
export async function sideBySide<C extends Context>(program: () => Program<C>, script: Script) {
  const without = await perform(program(), script, { guard: false });
  const guarded = await perform(program(), script);
  const redelivered = await perform(program(), script, { deliveries: 2 });
  return { without: without.ledger, guarded: guarded.ledger, redelivered: redelivered.ledger };
}
