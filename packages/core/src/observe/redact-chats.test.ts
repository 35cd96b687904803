import { expect, test } from "vitest";
import type { Logger } from "./logger.js";
import { redactChats } from "./redact-chats.js";

function logger() {
  const lines: [object, string][] = [];
  const at = (fields: object, line: string) => void lines.push([fields, line]);
  const log: Logger = {
    debug: at,
    info: at,
    warn: at,
    error: at,
    isLevelEnabled: (level) => level !== "debug",
  };
  return { log, lines };
}

test("a chat is the same stranger in every line, and another under another secret", () => {
  const { log, lines } = logger();
  redactChats(log, "one").info({ event: "sent", chat: "777000111" }, "sent");
  redactChats(log, "one").error({ event: "failed", chat: "777000111" }, "not sent");
  redactChats(log, "two").info({ event: "sent", chat: "777000111" }, "sent");
  const chats = lines.map(([fields]) => (fields as { chat: string }).chat);
  expect(chats[0]).toMatch(/^#[\w-]{12}$/);
  expect(chats[1]).toBe(chats[0]);
  expect(chats[2]).not.toBe(chats[0]);
  expect(JSON.stringify(lines)).not.toContain("777000111");
});

test("what names no chat, and the level, are the logger's own", () => {
  const { log, lines } = logger();
  const redacted = redactChats(log, "one");
  const fields = { event: "storeError", verb: "admit" };
  redacted.error(fields, "store failed");
  expect(lines).toEqual([[fields, "store failed"]]);
  expect([redacted.isLevelEnabled?.("debug"), redacted.isLevelEnabled?.("info")]).toEqual([false, true]);
});

test("without a secret it refuses: a plain hash of a chat id is guessed", () => {
  for (const secret of ["", undefined])
    expect(() => redactChats(logger().log, secret)).toThrow(/needs a secret/);
});
