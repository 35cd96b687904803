import { expect, it } from "vitest";
import { redactToken } from "./redact-token.js";

const token = "42:AB-secret";

it("an error and its causes lose the token and stay the very objects", () => {
  const cause = new Error(`connect to /bot${encodeURIComponent(token)}/getMe`);
  const error = new TypeError(`fetch of /bot${token}/getMe failed`, { cause });
  expect(redactToken(error, token)).toBe(error);
  expect(error.message).toBe("fetch of /bot42:[REDACTED]/getMe failed");
  expect([error.stack, cause.message, cause.stack].join("\n")).not.toContain("secret");
});

it("a token that is escaped in small letters is struck out too", () => {
  const error = new Error("request to http://host/bot42%3aAB-secret/sendMessage failed");
  expect(redactToken(error, token).message).toBe(
    "request to http://host/bot42:[REDACTED]/sendMessage failed",
  );
});

it("a known token is struck out wherever it stands", () => {
  expect(redactToken(new Error(`who is ${token}?`), token).message).toBe("who is 42:[REDACTED]?");
});

it("a token that nobody names is struck out of addresses, also in an error that grammY wraps", () => {
  const inner = new Error(`request to http://host/bot${token}/sendMessage failed, reason: refused`);
  const outer = Object.assign(new Error("Network request failed!"), { error: inner });
  redactToken(outer);
  expect(inner.message).toBe("request to http://host/bot42:[REDACTED]/sendMessage failed, reason: refused");
  expect(inner.stack).not.toContain("secret");
});

it.each([
  ["frozen", Object.freeze(new Error(token))],
  ["no error", "thrown"],
  ["nothing", undefined],
  ["its own cause", Object.assign(new Error("a"), { cause: undefined as unknown })],
])("what is %s is handed on", (_, thrown) => {
  if (thrown instanceof Error && "cause" in thrown) thrown.cause = thrown;
  expect(redactToken(thrown, token)).toBe(thrown);
});
