import { describe, expect, it } from "vitest";
import type { RefusalCode } from "./call.js";
import { IdempotencyConflict } from "./errors.js";
import { isAmbiguousConflict, isSendonceRefusal, refusalResponse, refuse } from "./refusal.js";

const facts = { scope: "content", key: "k", attempts: 0, waitedMs: 5 } as const;

const statuses: { readonly [Code in RefusalCode]: number } = {
  rate_limited: 429,
  busy: 409,
  ambiguous: 409,
  mismatch: 409,
  aborted: 409,
  closed: 409,
  store_unavailable: 503,
};

const codes = Object.keys(statuses) as RefusalCode[];

describe("a refusal", () => {
  it("keeps the facts of its call", () => {
    expect(refuse(facts, "busy", { retryAfterMs: 7 })).toMatchObject({
      ...facts,
      status: "busy",
      retryAfterMs: 7,
    });
  });

  it.each(codes)("%s speaks Telegram's dialect and says what to do", (code) => {
    const answer = refusalResponse(refuse(facts, code));
    expect(answer.ok).toBe(false);
    expect(answer.error_code).toBe(statuses[code]);
    expect(answer.parameters?.sendonce).toMatchObject({ code, key: "k" });
    const title = {
      429: "Too Many Requests: retry after 1 (",
      409: "Conflict: ",
      503: "Service Unavailable: ",
    };
    expect(answer.description).toContain(`${title[statuses[code] as 429 | 409 | 503]}sendonce: `);
    expect(answer.description).toMatch(/sendonce: .{20,}/);
    expect(isSendonceRefusal(answer)).toBe(true);
  });

  it("tells whole seconds to wait, rounded up, at least one", () => {
    const after = (retryAfterMs?: number) =>
      refusalResponse(refuse(facts, "rate_limited", { rule: "group", ...(retryAfterMs && { retryAfterMs }) }))
        .parameters;
    expect(after(1_001)).toEqual({
      retry_after: 2,
      sendonce: { code: "rate_limited", rule: "group", key: "k" },
    });
    expect(after()?.retry_after).toBe(1);
  });

  it("is told from Telegram's own errors", () => {
    for (const other of [undefined, null, "text", new Error("x"), { parameters: { retry_after: 5 } }]) {
      expect(isSendonceRefusal(other)).toBe(false);
    }
  });
});

describe("our own ambiguous conflict", () => {
  const conflict = refusalResponse(refuse(facts, "ambiguous"));

  it("is recognised however frameworks wrap it", () => {
    for (const error of [
      conflict,
      { error: conflict },
      { error: { error: conflict } },
      new Error("x", { cause: conflict }),
      new IdempotencyConflict("ambiguous", "x"),
    ]) {
      expect(isAmbiguousConflict(error)).toBe(true);
    }
  });

  it("is not any other error, and a cycle of causes ends", () => {
    const loop: { cause?: unknown } = {};
    loop.cause = loop;
    for (const error of [
      loop,
      undefined,
      { cause: null },
      new Error("x"),
      refusalResponse(refuse(facts, "busy")),
      new IdempotencyConflict("busy", "x"),
    ]) {
      expect(isAmbiguousConflict(error)).toBe(false);
    }
  });
});
