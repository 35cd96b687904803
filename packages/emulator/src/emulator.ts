import { type Clock, systemClock } from "./clock.js";
import type { Fault, FaultHandle } from "./faults/fault.js";
import { createApp } from "./http/app.js";
import { type EmulatorFetch, inProcessFetch } from "./http/in-process.js";
import type { Line } from "./http/line.js";
import { Listener } from "./http/listener.js";
import { Ledger } from "./ledger/ledger.js";
import type { Delivery } from "./ledger/records.js";
import { changeLimits, type Limits, type LimitsOption, telegramLimits } from "./limits/numbers.js";
import { METHODS } from "./methods/table.js";
import { BotServer, type RestartOptions } from "./serving/bot-server.js";
import { updateMethods } from "./updates/methods.js";
import { type Saying, updateOf } from "./updates/say.js";
import type { WebhookResponse } from "./updates/transport.js";
import type { EmulatedUpdate } from "./updates/update.js";
import { Updates } from "./updates/updates.js";
import { type BotOption, type BotRef, Bots, botId } from "./world/bots.js";
import { type ChatRef, Chats, type EmulatedChat } from "./world/chats.js";
import { Files } from "./world/files.js";
import type { Json } from "./world/json.js";
import { Messages } from "./world/messages.js";

/** How an emulator is made. */
export interface EmulatorOptions {
  /** Time for limits, polls, faults and redelivery. @default real time */
  clock?: Clock;
  /** Changes to Telegram's limits, rule by rule; `false` for none at all. */
  limits?: LimitsOption;
  /** The only bots there are, as tokens or with names. @default any token of the shape `<digits>:<secret>` */
  bots?: readonly (BotOption | string)[];
  /** A webhook handler silent for so long has failed, ms. @default 60_000 */
  webhookTimeoutMs?: number;
}

/** A local Telegram. */
export interface Emulator {
  /** Opens a port on 127.0.0.1; 0 for any free one. */
  listen(port?: number): Promise<{ url: string }>;
  /** `http://127.0.0.1:<port>`, for `apiRoot`. @throws Error while it does not listen */
  readonly url: string;
  /** The same server without sockets, for `client: { fetch: emulator.fetch }`. */
  readonly fetch: EmulatorFetch;
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
  /** A chat, to mark it blocked, migrated … either by `changes` or by writing to it. */
  chat(ref: ChatRef, changes?: Partial<Omit<EmulatedChat, "id">>): EmulatedChat;
  /** Lets a person write to the bot, or press a button. */
  say<U extends { update_id: number } = EmulatedUpdate>(bot: BotRef, saying: Saying): U;
  /** Sends any update to the bot; one with the same update_id again is a redelivery. */
  deliver<U extends { update_id: number } = EmulatedUpdate>(bot: BotRef, update: object): U;
  /** `push` is `deliver` under another name. */
  readonly updates: { push: Emulator["deliver"] };
  /** Delivers the bot's updates to a function, as to a webhook; returns how to stop. */
  webhook(bot: BotRef, handler: WebhookHandler, options?: WebhookOptions): () => void;
  /** The attempts to deliver updates to the bot's webhook. */
  deliveries(bot: BotRef): Delivery[];
  /** Updates that the bot has not confirmed. */
  pending(bot: BotRef): number;
  /** Ends every poll, hang and delivery, and the port. */
  close(): Promise<void>;
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

/** A local Telegram Bot API; no port is open before `listen`. */
export function createEmulator(options: EmulatorOptions = {}): Emulator {
  const { clock = systemClock, webhookTimeoutMs = 60_000 } = options;
  const limits = telegramLimits();
  changeLimits(limits, options.limits ?? {});
  const chats = new Chats();
  const world = {
    now: () => clock.now(),
    bots: new Bots(options.bots),
    chats,
    files: new Files(),
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

  const deliver: Emulator["deliver"] = (bot, update) => updates.push(bot, update as Json) as never;

  const emulator: Omit<Emulator, "fetch"> = {
    async listen(port = 0) {
      return { url: await listener.open(port) };
    },
    get url() {
      if (!listener.url) throw new Error("the emulator has no URL before listen()");
      return listener.url;
    },
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
    async close() {
      updates.close();
      server.close();
      await listener.close();
    },
  };
  const app = createApp(server, world, emulator);
  const answer = (request: Request, line: Line) => app.fetch(request, { line });
  const listener = new Listener(answer);
  server.onRefuse = (until) => void listener.refuse(until);
  return Object.defineProperties(emulator, {
    fetch: { value: inProcessFetch(answer), enumerable: true },
  }) as Emulator;
}
