import { describe, expect, test } from "vitest";
import { endingOf, type FailureKind } from "./ending.js";

const answered = (error_code: number, description = "", parameters?: object) =>
  Object.assign(new Error(description), { error_code, description, parameters });

describe("how a try ended", () => {
  test.each<[number, string, FailureKind]>([
    [403, "Forbidden: bot was blocked by the user", "blocked"],
    [403, "Forbidden: bot was kicked from the supergroup chat", "blocked"],
    [403, "Forbidden: bot is not a member of the channel chat", "blocked"],
    [403, "Forbidden: user is deactivated", "deactivated"],
    [403, "Forbidden: the group chat was deactivated", "deactivated"],
    [403, "Forbidden: bot can't initiate conversation with a user", "not_found"],
    [403, "Forbidden: bot can't send messages to bots", "rejected"],
    [400, "Bad Request: chat not found", "not_found"],
    [400, "Bad Request: PEER_ID_INVALID", "not_found"],
    [400, "Bad Request: not enough rights to send text messages to the chat", "rejected"],
    [413, "Request Entity Too Large", "rejected"],
  ])("%i %s: %s", (code, description, failure) => {
    expect(endingOf(answered(code, description))).toEqual({ kind: "failed", failure, description });
  });

  test("a framework's `code` is read as `error_code` is", () => {
    const error = Object.assign(new Error(), { code: 429, description: "", parameters: { retry_after: 3 } });
    expect(endingOf(error)).toEqual({ kind: "again", afterMs: 3_000 });
  });

  test("what Telegram does not say is asked again", () => {
    expect(endingOf(answered(502))).toEqual({ kind: "again", afterMs: undefined });
    const reset = Object.assign(new Error(), { code: "ECONNRESET" });
    for (const error of [reset, { error: reset }, new TypeError("fetch failed", { cause: reset })])
      expect(endingOf(error)).toEqual({ kind: "again", afterMs: undefined });
    for (const error of [new Error("?"), undefined, null, "text"])
      expect(endingOf(error)).toEqual({ kind: "strange" });
  });

  test("a token or a method that Telegram does not know, and a bug, end it", () => {
    for (const error of [answered(401), answered(404), new TypeError("x is undefined")])
      expect(endingOf(error)).toEqual({ kind: "over" });
  });

  test("a file that is not there is named by its code", () => {
    const gone = Object.assign(new Error("secret/path"), { code: "ENOENT" });
    expect(endingOf({ error: gone })).toEqual({
      kind: "failed",
      failure: "invalid",
      description: "a file of the message cannot be read (ENOENT)",
    });
  });
});
