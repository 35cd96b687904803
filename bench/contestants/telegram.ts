import type { ApiCallFn, Transformer } from "grammy";
import { chatOf } from "./contestant.js";

const text = "x".repeat(240);

/** What stands in place of the HTTP request: it answers at once. */
export const stub = (async (_: string, payload: { chat_id: number; text: string }) => ({
  ok: true,
  result: {
    message_id: 1,
    date: 1_700_000_000,
    chat: { id: payload.chat_id, type: "private" },
    text: payload.text,
  },
})) as unknown as ApiCallFn;

/** A 300-byte message to one of the chats; no two are equal. */
export const message = (i: number) => ({
  chat_id: chatOf(i),
  text: `${text}${i}`,
  parse_mode: "HTML" as const,
});

/** Sends through a grammY transformer. */
export function through(transformer: Transformer): (i: number) => Promise<unknown> {
  return (i) => transformer(stub, "sendMessage", message(i));
}
