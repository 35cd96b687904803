import { writeFileSync } from "node:fs";
import {
  createEmulator,
  type EmulatedUpdate,
  type Emulator,
  type EmulatorOptions,
  type Saying,
} from "@sendonce/emulator";
import { inWords } from "./in-words.js";
import type { Listener, Person, Telegram } from "./telegram.js";
import { tell, WebhookServer } from "./webhook-server.js";

/** How the local Telegram behaves. */
export type Circumstances = Pick<EmulatorOptions, "webhookTimeoutMs" | "limits">;

const chats: Readonly<Record<Person, number>> = { Ann: 1001, Bob: 1002 };
/** A bot that handles nothing for so long has a fault, ms. */
const patienceMs = 15_000;

/** A Telegram inside this process, over real sockets on 127.0.0.1. */
export class LocalTelegram implements Telegram {
  /** A new bot in every run: with REDIS_URL set, what an earlier run sent is not this one's. */
  readonly token = `${4_000_000_000 + (Date.now() % 1_000_000_000)}:local-telegram-only`;
  readonly channel = "@harbour_news";
  readonly #emulator: Emulator;
  #server: WebhookServer | undefined;
  #last: EmulatedUpdate | undefined;
  #shown = 0;
  #busy = () => false;

  private constructor(emulator: Emulator) {
    this.#emulator = emulator;
  }

  static async open(circumstances: Circumstances): Promise<LocalTelegram> {
    const emulator = createEmulator(circumstances);
    await emulator.listen();
    return new LocalTelegram(emulator);
  }

  get apiRoot(): string {
    return this.#emulator.url;
  }

  says(who: Person, text: string): Promise<void> {
    return this.#acts(who, `writes ${text}`, { text });
  }

  presses(who: Person, label: string): Promise<void> {
    return this.#acts(who, `presses [${label}]`, { callback: { label } });
  }

  sends(who: Person, filename: string, content: string): Promise<void> {
    return this.#acts(who, `sends ${filename}`, { document: { filename, bytes: Buffer.from(content) } });
  }

  async #acts(who: Person, told: string, saying: Omit<Saying, "chat">): Promise<void> {
    const chat = chats[who];
    console.log(`${who} ${told}`);
    this.#last = this.#emulator.say(this.token, { chat, from: { id: chat, first_name: who }, ...saying });
    await this.#settled();
  }

  async redelivers(): Promise<void> {
    if (!this.#last) throw new Error("nobody has written to the bot yet: there is nothing to deliver again");
    console.log("Telegram delivers that once more");
    this.#emulator.deliver(this.token, this.#last);
    await this.#settled();
  }

  losesAnswerTo(method: string): void {
    this.#emulator.fault({ method, kind: "cut-after" });
  }

  floods(method: string): void {
    this.#emulator.fault({ method, kind: "429", retryAfter: 1, enforce: true });
  }

  async serve(listener: Listener): Promise<void> {
    this.#server = await WebhookServer.open(listener);
    await tell(this.apiRoot, this.token, "setWebhook", { url: this.#server.url });
  }

  waitsWhile(busy: () => boolean): void {
    this.#busy = busy;
  }

  async #settled(): Promise<void> {
    const until = performance.now() + patienceMs;
    while (this.#emulator.pending(this.token) > 0 || this.#busy()) {
      if (performance.now() > until) throw new Error(`the bot did not take its update in ${patienceMs} ms`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    this.shows();
  }

  shows(): void {
    const received = this.#emulator.ledger.received();
    // Chat by chat: bots that work on several chats at once have no order between them.
    const fresh = received.slice(this.#shown).sort((a, b) => b.chat - a.chat);
    this.#shown = received.length;
    for (const one of fresh) console.log(`    ${this.#nameOf(one.chat)} receives ${inWords(one)}`);
  }

  #nameOf(chat: number): string {
    return Object.keys(chats).find((who) => chats[who as Person] === chat) ?? this.channel;
  }

  async close(): Promise<void> {
    this.shows();
    await this.#emulator.close();
    this.#server?.close();
    this.#recordLedger();
  }

  /** For the test that runs every example with and without Sendonce. */
  #recordLedger(): void {
    const file = process.env.EXAMPLE_LEDGER;
    if (!file) return;
    const { ledger } = this.#emulator;
    writeFileSync(file, JSON.stringify({ received: ledger.received(), doubled: ledger.doubled() }));
  }
}
