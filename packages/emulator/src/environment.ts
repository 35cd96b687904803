import type { Clock } from "./clock.js";
import type { Fault, FaultHandle } from "./faults/fault.js";
import { Ledger } from "./ledger/ledger.js";
import type { Delivery } from "./ledger/records.js";
import { changeLimits, type Limits, type LimitsOption, telegramLimits } from "./limits/numbers.js";
import { METHODS } from "./methods/table.js";
import { BotServer, type RestartOptions } from "./serving/bot-server.js";
import { updateMethods } from "./updates/methods.js";
import { type Migration, migrate } from "./updates/migration.js";
import { type Saying, updateOf } from "./updates/say.js";
import type { WebhookResponse } from "./updates/transport.js";
import type { EmulatedUpdate } from "./updates/update.js";
import { Updates } from "./updates/updates.js";
import { type BotOption, type BotRef, Bots, botId } from "./world/bots.js";
import { type ChatRef, Chats, type EmulatedChat } from "./world/chats.js";
import { Files } from "./world/files.js";
import type { Json } from "./world/json.js";
import { Messages } from "./world/messages.js";
import type { World } from "./world/world.js";

/** One Telegram: its bots, people, chats, limits and ledger. */
export interface Environment {
  /** The current numbers; writing to them changes the limits. */
  readonly limits: Limits;
  /** Changes limits, checked; `false` switches all off. */
  setLimits(change: LimitsOption): Limits;
  /** Scripts a fault; the first that matches a request strikes. */
  fault(fault: Fault): FaultHandle;
  /** Withdraws all faults. */
  clearFaults(): void;
  /** Takes the server down now, as the fault "restart" does. */
  restart(options?: RestartOptions): void;
  /** Who received what. */
  readonly ledger: Ledger;
  /** A chat, to mark it blocked, kicked … either by `changes` or by writing to it. */
  chat(ref: ChatRef, changes?: Partial<Omit<EmulatedChat, "id">>): EmulatedChat;
  /**
   * Turns a group into the supergroup `to`: who writes to the group gets 400 with `migrate_to_chat_id`, and the
   * bot gets both service messages. Once more for every bot that shall hear of it.
   *
   * @param to @default a number made of the group's
   */
  migrate(bot: BotRef, group: number, to?: number): Migration;
  /** Lets a person write to the bot, or press a button. */
  say<U extends { update_id: number } = EmulatedUpdate>(bot: BotRef, saying: Saying): U;
  /** Sends any update to the bot; one with the same update_id again is a redelivery. */
  deliver<U extends { update_id: number } = EmulatedUpdate>(bot: BotRef, update: object): U;
  /** `push` is `deliver` under another name. */
  readonly updates: { push: Environment["deliver"] };
  /** Delivers the bot's updates to a function, as to a webhook; returns how to stop. */
  webhook(bot: BotRef, handler: WebhookHandler, options?: WebhookOptions): () => void;
  /** The attempts to deliver updates to the bot's webhook. */
  deliveries(bot: BotRef): Delivery[];
  /** Updates that the bot has not confirmed. */
  pending(bot: BotRef): number;
}

/** A webhook in this process. A rejection is a broken connection. */
export type WebhookHandler = (update: EmulatedUpdate) => WebhookResponse | Promise<WebhookResponse>;

/** How updates are delivered to a function. */
export interface WebhookOptions {
  /** @default 40 */
  maxConnections?: number;
  /** @default that of the emulator */
  timeoutMs?: number;
}

/** What an environment is made with. */
export interface EnvironmentOptions {
  clock: Clock;
  limits?: LimitsOption | undefined;
  bots?: readonly (BotOption | string)[] | undefined;
  webhookTimeoutMs: number;
  localFiles?: string | undefined;
}

/** An environment with the server that answers for it. */
export interface Served {
  readonly environment: Environment;
  readonly server: BotServer;
  readonly world: World;
  /** Ends every poll, hang and delivery. */
  close(): void;
}

/** A Telegram of its own, without a port. */
export function createEnvironment({ clock, webhookTimeoutMs, ...options }: EnvironmentOptions): Served {
  const limits = telegramLimits();
  changeLimits(limits, options.limits ?? {});
  const chats = new Chats();
  const world = {
    now: () => clock.now(),
    bots: new Bots(options.bots),
    chats,
    files: new Files(options.localFiles),
    messages: new Messages(),
  };
  const ledger = new Ledger((ref) => chats.idOf(ref));
  const updates = new Updates({ clock, world, ledger, reply: carryOut });
  const methods = { ...METHODS, ...updateMethods(updates, webhookTimeoutMs) };
  const server = new BotServer({ clock, world, ledger, limits, methods });

  /** A webhook reply is a call whose answer nobody sees. */
  function carryOut(bot: number, method: string, params: Json): void {
    const read = async () => ({ params, uploads: new Map() });
    void server.exchanges.during((exchange) =>
      server.handleFrom(bot, method, read, exchange, { webhookReply: true }),
    );
  }

  const deliver: Environment["deliver"] = (bot, update) => updates.push(bot, update as Json) as never;

  const environment: Environment = {
    limits,
    setLimits(change) {
      changeLimits(limits, change);
      return limits;
    },
    fault: (fault) => server.faults.add(fault),
    clearFaults: () => server.faults.remove(),
    restart: (restartOptions) => server.restart(restartOptions),
    ledger,
    chat: (ref, changes) => Object.assign(chats.get(ref), changes),
    migrate: (bot, group, to) => migrate({ bot: botId(bot), group, to }, world, updates),
    say: (bot, saying) => updates.push(bot, updateOf(botId(bot), saying, world)) as never,
    deliver,
    updates: { push: deliver },
    webhook(bot, handler, { maxConnections = 40, timeoutMs = webhookTimeoutMs } = {}) {
      const { webhook } = updates.of(bot);
      webhook.aim({
        url: "in-process",
        transport: async (update) => handler(update),
        maxConnections,
        timeoutMs,
      });
      return () => webhook.aim(undefined);
    },
    deliveries: (bot) => ledger.deliveries(bot),
    pending: (bot) => updates.of(bot).queue.size,
  };
  const close = () => {
    updates.close();
    server.close();
  };
  return { environment, server, world, close };
}
