import { expect, it } from "vitest";
import { redacted } from "./redacted.js";

const token = "42:AB-secret";

it("an error and its causes lose the token and stay the very objects", () => {
  const cause = new Error(`connect to /bot${encodeURIComponent(token)}/getMe`);
  const error = new TypeError(`fetch of /bot${token}/getMe failed`, { cause });
  expect(redacted(error, token)).toBe(error);
  expect(error.message).toBe("fetch of /bot42:…/getMe failed");
  expect([error.stack, cause.message, cause.stack].join("\n")).not.toContain("secret");
});

it("a token that is escaped in small letters is struck out too", () => {
  const error = new Error("request to http://host/bot42%3aAB-secret/sendMessage failed");
  expect(redacted(error, token).message).toBe("request to http://host/bot42:…/sendMessage failed");
});

it.each([
  ["frozen", Object.freeze(new Error(token))],
  ["no error", "thrown"],
  ["its own cause", Object.assign(new Error("a"), { cause: undefined as unknown })],
])("what is %s is handed on", (_, thrown) => {
  if (thrown instanceof Error && "cause" in thrown) thrown.cause = thrown;
  expect(redacted(thrown, token)).toBe(thrown);
});
