import { describe, expect, it } from "vitest";
import type { ApiResponse, Reply } from "../call.js";
import { classify } from "./classify.js";

const no = (error_code: number, description = "no", retry_after?: number): Reply => ({
  type: "response",
  body: { ok: false, error_code, description, ...(retry_after && { parameters: { retry_after } }) },
});
const yes = (result: unknown): Reply => ({ type: "response", body: { ok: true, result } });
const failure = (code?: string, syscall?: string): Reply => ({
  type: "failure",
  error: new Error("no"),
  code,
  syscall,
});

const message = { message_id: 1, date: 1, chat: { id: 5, type: "private" } };

describe("what a reply proves", () => {
  it.each<[string, string, Reply, object]>([
    ["a result", "sendMessage", yes(message), { kind: "ok", result: message }],
    ["true from a method that answers true", "sendChatAction", yes(true), { kind: "ok", result: true }],
    ["true where a message is due: a webhook reply", "sendMessage", yes(true), { kind: "unknown" }],
    ["true where ids are due", "copyMessage", yes(true), { kind: "unknown" }],
    ["a refusal", "sendMessage", no(400), { kind: "rejected" }],
    ["a blocked bot", "sendMessage", no(403), { kind: "rejected" }],
    ["406 for one message", "sendMessage", no(406), { kind: "rejected" }],
    ["a flood", "sendMessage", no(429, "slow", 7), { kind: "rejected", retryAfterMs: 7_000 }],
    ["a flood without a number", "sendMessage", no(429), { kind: "rejected", retryAfterMs: 1_000 }],
    ["a server error", "sendMessage", no(500), { kind: "unknown" }],
    ["a bad gateway", "sendMessage", no(502), { kind: "unknown" }],
    ["a redirect", "sendMessage", no(302), { kind: "unknown" }],
    ["retry_after without a 429", "sendMessage", no(400, "no", 7), { kind: "rejected" }],
    ["a flooded album", "sendMediaGroup", no(429, "slow", 7), { kind: "unknown", retryAfterMs: 7_000 }],
    ["406 for an album", "sendMediaGroup", no(406), { kind: "unknown" }],
    ["a refused album", "sendMediaGroup", no(400), { kind: "rejected" }],
    ["half an album", "sendMediaGroup", no(400, "Failed to send message #2"), { kind: "unknown" }],
    ["half a forward", "forwardMessages", no(400, "Bad Request: group send failed"), { kind: "unknown" }],
    ["a flooded multi-copy", "copyMessages", no(429, "slow", 1), { kind: "unknown", retryAfterMs: 1_000 }],
  ])("%s (%s)", (_, method, reply, outcome) => {
    expect(classify(method, reply)).toEqual(outcome);
  });

  it.each([
    ...["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EAI_FAIL", "UND_ERR_CONNECT_TIMEOUT"],
    ...["ENOENT", "EACCES", "EISDIR", "ENOTDIR", "EMFILE"],
  ])("%s: it was never sent", (code) => {
    expect(classify("sendMessage", failure(code))).toEqual({ kind: "unsent" });
  });

  it.each(["ETIMEDOUT", "ENETUNREACH", "EHOSTUNREACH", "ENETDOWN", "EADDRNOTAVAIL"])(
    "%s proves it only while connecting",
    (code) => {
      expect(classify("sendMessage", failure(code, "connect"))).toEqual({ kind: "unsent" });
      expect(classify("sendMessage", failure(code, "read"))).toEqual({ kind: "unknown" });
      expect(classify("sendMessage", failure(code))).toEqual({ kind: "unknown" });
    },
  );

  it.each(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET", "invalid-json", undefined])(
    "%s: nobody knows",
    (code) => {
      expect(classify("sendMessage", failure(code))).toEqual({ kind: "unknown" });
    },
  );

  it("a body that is none proves nothing", () => {
    for (const body of [undefined, null, {}, { ok: false }, "html"]) {
      const reply = { type: "response", body: body as ApiResponse } as const;
      expect(classify("sendMessage", reply).kind).toBe("unknown");
    }
  });

  it.each([
    [7, 7_000],
    ["7", 7_000],
    [0, 1_000],
    [-3, 1_000],
    ["soon", 1_000],
    [[9], 1_000],
    [1e9, 604_800_000],
  ])("a flood is waited for a second to a week, whatever the server says: %j", (said, retryAfterMs) => {
    const answer = no(429, "slow", said as number);
    expect(classify("sendMessage", answer)).toEqual({ kind: "rejected", retryAfterMs });
  });

  it("a description that is no text says nothing", () => {
    const answer = no(400, ["failed to send message #1"] as unknown as string);
    expect(classify("sendMediaGroup", answer)).toEqual({ kind: "rejected" });
  });

  it("known limit: a server that shuts down may answer 429 to a message that it did send", () => {
    expect(classify("sendMessage", no(429, "Too Many Requests: retry after 5", 5)).kind).toBe("rejected");
  });
});
