import type { Bots } from "./bots.js";
import type { Chats } from "./chats.js";
import type { Files } from "./files.js";
import type { Messages } from "./messages.js";

/** What the emulated Telegram knows. */
export interface World {
  /** Milliseconds since 1970. */
  now(): number;
  bots: Bots;
  chats: Chats;
  files: Files;
  messages: Messages;
}
