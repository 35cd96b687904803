import { isDeepStrictEqual } from "node:util";
import type { Received } from "@sendonce/emulator";
import { describe, expect, test } from "vitest";
import { perform, promised, staged } from "./running-example.js";

/** What makes two messages of one chat the same: kind, text, formatting, buttons, bytes of files, place in the album. */
const content = ({ method, item, payload: { chat_id: _, ...payload } }: Received) => ({
  method,
  item,
  payload,
});

type Content = ReturnType<typeof content>;

/** What each chat received, in order. */
function byChat(received: readonly Received[]): Record<string, Content[]> {
  const chats: Record<string, Content[]> = {};
  for (const one of received) {
    chats[one.chat] ??= [];
    chats[one.chat]?.push(content(one));
  }
  return chats;
}

/** The same, each message only where it came first. */
const withoutRepeats = (chats: Record<string, Content[]>): Record<string, Content[]> =>
  Object.fromEntries(
    Object.entries(chats).map(([chat, messages]) => [
      chat,
      messages.filter((one, at) => messages.findIndex((other) => isDeepStrictEqual(one, other)) === at),
    ]),
  );

/** Without Sendonce these lose messages as well, since nobody waits out a 429 for them: their ledgers differ. */
const lossy = ["telegraf-throttler.ts"];

describe("the examples, without Sendonce and with it", () => {
  test.concurrent.each(staged.filter((name) => !lossy.includes(name)))(
    "%s prints what it says, and people receive the same, but nothing twice",
    async (name) => {
      const [without, guarded] = await Promise.all([perform(name, false), perform(name, true)]);
      expect(guarded.output).toBe(promised(name));
      expect(without.doubled, "without Sendonce the example must double something").not.toEqual([]);
      expect(guarded.doubled).toEqual([]);
      expect(byChat(guarded.received)).toEqual(withoutRepeats(byChat(without.received)));
    },
  );

  test.concurrent.each(lossy)("%s prints what it says", async (name) => {
    expect((await perform(name, true)).output).toBe(promised(name));
  });
});
