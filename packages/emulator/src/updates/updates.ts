import type { Clock } from "../clock.js";
import type { Ledger } from "../ledger/ledger.js";
import { type BotRef, botId } from "../world/bots.js";
import type { ChatRef } from "../world/chats.js";
import type { Json } from "../world/json.js";
import type { Message } from "../world/messages.js";
import type { World } from "../world/world.js";
import { Polling } from "./polling.js";
import { UpdateQueue } from "./queue.js";
import { type EmulatedUpdate, messageIn, updateType } from "./update.js";
import { WebhookDispatcher } from "./webhook.js";

/** One bot's way to its updates. */
export interface Inbox {
  queue: UpdateQueue;
  polling: Polling;
  webhook: WebhookDispatcher;
  /** The update types the bot asked for; undefined for all. */
  allowed: readonly string[] | undefined;
}

/** Updates on their way to bots. */
export class Updates {
  readonly #inboxes = new Map<number, Inbox>();
  readonly #clock: Clock;
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #reply: (bot: number, method: string, params: Json) => void;

  /** `reply` carries out a webhook reply. */
  constructor(parts: {
    clock: Clock;
    world: World;
    ledger: Ledger;
    reply: (bot: number, method: string, params: Json) => void;
  }) {
    this.#clock = parts.clock;
    this.#world = parts.world;
    this.#ledger = parts.ledger;
    this.#reply = parts.reply;
  }

  /** The inbox of a bot. */
  of(ref: BotRef): Inbox {
    const bot = botId(ref);
    const known = this.#inboxes.get(bot);
    if (known) return known;
    const queue = new UpdateQueue();
    const webhook = new WebhookDispatcher(this.#clock, queue, {
      delivered: (delivery) => this.#ledger.noteDelivery(bot, delivery),
      replied: (method, params) => this.#reply(bot, method, params),
    });
    const inbox = { queue, webhook, polling: new Polling(this.#clock, queue), allowed: undefined };
    this.#inboxes.set(bot, inbox);
    return inbox;
  }

  /** Sends an update to a bot, giving it an update_id if it has none. The same one may be sent again. */
  push(ref: BotRef, content: Json): EmulatedUpdate {
    const inbox = this.of(ref);
    const update = { update_id: inbox.queue.nextId(), ...structuredClone(content) } as EmulatedUpdate;
    this.#remember(botId(ref), update);
    if (!inbox.allowed || inbox.allowed.includes(updateType(update) ?? "")) {
      inbox.queue.push(update, this.#clock.now());
    }
    return structuredClone(update);
  }

  /** Stops all deliveries. */
  close(): void {
    for (const { webhook } of this.#inboxes.values()) webhook.close();
  }

  /** A message that came in a raw update is one the bot can go on with. */
  #remember(bot: number, update: EmulatedUpdate): void {
    const message = messageIn(update);
    if (!message) return;
    const id = (message.chat as { id?: ChatRef }).id;
    if (this.#world.chats.idOf(id) === undefined) return;
    const chat = this.#world.chats.get(id!);
    if (!this.#world.messages.find(bot, chat, message.message_id as number)) {
      this.#world.messages.put(bot, chat, structuredClone(message) as Message);
    }
  }
}
