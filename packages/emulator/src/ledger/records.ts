import type { Json } from "../world/json.js";

/** One message that somebody received. */
export interface Received {
  /** Bot id. */
  bot: number;
  /** Numeric chat id, also when the call named the chat by `@name`. */
  chat: number;
  method: string;
  messageId: number;
  /** When it was sent: ms since 1970. */
  at: number;
  text?: string;
  caption?: string;
  /** Which item of an album or multi-forward it is, from 0. */
  item?: number;
  /** The call's parameters as plain JSON; each uploaded file as `{ size, sha256, filename }`. */
  payload: Json;
}

/** One request to the Bot API. */
export interface RequestRecord {
  bot: number;
  method: string;
  chat?: number;
  /** When it arrived: ms since 1970. */
  at: number;
  /** HTTP status of the answer; 0 when there was none (cut, or the client gave up). */
  status: number;
  /** Seconds, on a 429. */
  retryAfter?: number;
  /** Whose limit refused it, on a 429 that was not scripted; the widest if several did. */
  limitedBy?: "chat" | "bot";
  /** It came while its chat or its bot was still told to wait. */
  duringFlood: boolean;
  /** Who was told to wait; the widest if both were. */
  floodOf?: "chat" | "bot";
  /** Whether it put messages into chats. */
  committed: boolean;
  /** The kind of the scripted fault that hit it. */
  fault?: string;
  /** It was the body of a webhook response. */
  webhookReply?: true;
}

/** One attempt to hand an update to a webhook. */
export interface Delivery {
  updateId: number;
  /** From 1. */
  attempt: number;
  /** When the attempt began: ms since 1970. */
  at: number;
  /** HTTP status; 0 when the connection broke or nothing came in time. */
  status: number;
  error?: string;
}

/** The same content, received more than once in one chat from one bot. */
export interface Doubled {
  bot: number;
  chat: number;
  method: string;
  text?: string;
  times: number;
  received: Received[];
}
