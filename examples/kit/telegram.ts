import type { IncomingMessage, ServerResponse } from "node:http";

/** Who writes to the bots of the examples. */
export type Person = "Ann" | "Bob";

/** What a webhook is made of: `webhookCallback(bot, "http")` or `bot.webhookCallback()`. */
export type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;

/** What an example needs of Telegram, and of the people who use it. */
export interface Telegram {
  /** For `new Bot(token, …)`. */
  readonly token: string;
  /** Where Telegram is: for `client: { apiRoot }` or `telegram: { apiRoot }`. */
  readonly apiRoot: string;
  /** A channel of the bot. */
  readonly channel: string | number;

  /** A person writes to the bot. Ends when the bot has handled it. */
  says(who: Person, text: string): Promise<void>;
  /** A person presses the button with this label. */
  presses(who: Person, label: string): Promise<void>;
  /** A person sends a file. */
  sends(who: Person, filename: string, content: string): Promise<void>;

  /** Delivers the last update once more, as after a restart before Telegram knew that it was handled. */
  redelivers(): Promise<void>;
  /** The answer to the next call of this method is lost on its way, though people receive the message. */
  losesAnswerTo(method: string): void;
  /** The next call of this method is told to wait a second: 429. */
  floods(method: string): void;

  /** Serves the bot's webhook, and tells Telegram where. */
  serve(listener: Listener): Promise<void>;
  /** Names work that goes on after Telegram has seen its updates taken. */
  waitsWhile(busy: () => boolean): void;
  /** Prints what people have received since the last time. Says and presses do so by themselves. */
  shows(): void;
  /** Lets go of everything. */
  close(): Promise<void>;
}
