import { createInterface } from "node:readline/promises";
import type { RealTarget } from "../../demo/real-target.js";
import type { Listener, Person, Telegram } from "./telegram.js";
import { tell, WebhookServer } from "./webhook-server.js";

/** The real Telegram, where you are Ann and Bob: what they do in the story is asked of you. */
export class RealTelegram implements Telegram {
  readonly token: string;
  readonly apiRoot: string;
  readonly channel: string | number;
  #server: WebhookServer | undefined;

  constructor({ token, chat, apiRoot }: RealTarget) {
    this.token = token;
    this.apiRoot = apiRoot;
    this.channel = chat;
  }

  says(who: Person, text: string): Promise<void> {
    return this.#asks(`As ${who}, write to your bot: ${text}`);
  }

  presses(who: Person, label: string): Promise<void> {
    return this.#asks(`As ${who}, press [${label}]`);
  }

  sends(who: Person, filename: string): Promise<void> {
    return this.#asks(`As ${who}, send your bot a file such as ${filename}`);
  }

  async redelivers(): Promise<void> {
    console.log(
      "(here the local Telegram delivers the last update once more; the real one does so when it likes)",
    );
  }

  losesAnswerTo(method: string): void {
    console.log(`(here the local Telegram loses its answer to ${method}; pull the plug if you like)`);
  }

  floods(method: string): void {
    console.log(`(here the local Telegram answers ${method} with 429)`);
  }

  /** WEBHOOK_URL is a public https address that leads to PORT on this machine. */
  async serve(listener: Listener): Promise<void> {
    const { WEBHOOK_URL: url, PORT } = process.env;
    if (!url)
      throw new Error(
        "this example has a webhook: set WEBHOOK_URL to an https address that leads to PORT (8080) here, or run it without BOT_TOKEN",
      );
    this.#server = await WebhookServer.open(listener, Number(PORT ?? 8080));
    await tell(this.apiRoot, this.token, "setWebhook", { url });
  }

  waitsWhile(): void {}

  shows(): void {}

  async close(): Promise<void> {
    if (!this.#server) return;
    await tell(this.apiRoot, this.token, "deleteWebhook", {});
    this.#server.close();
  }

  async #asks(what: string): Promise<void> {
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    await terminal.question(`${what}, then press Enter here `);
    terminal.close();
  }
}
