import { describe, expect, it } from "vitest";
import { classify } from "../flood/classify.js";
import { networkFacts } from "./network-facts.js";

const outcomeOf = (error: unknown) =>
  classify("sendMessage", { type: "failure", error, ...networkFacts(error) }).kind;

/** As the platform's fetch reports it. */
const failed = (cause: object) => new TypeError("fetch failed", { cause });
const at = (syscall: string, code: string) =>
  Object.assign(new Error(`${syscall} ${code}`), { code, syscall });
const together = (...errors: Error[]) => Object.assign(new AggregateError(errors), { code: "ECONNREFUSED" });

describe("a network error", () => {
  it.each([
    ["no listener", failed(at("connect", "ECONNREFUSED"))],
    ["no such host", failed(at("getaddrinfo", "ENOTFOUND"))],
    ["no connection in time", failed({ code: "UND_ERR_CONNECT_TIMEOUT" })],
    ["no route", failed(at("connect", "ETIMEDOUT"))],
    ["no address answers", failed(together(at("connect", "ECONNREFUSED"), at("connect", "ENETUNREACH")))],
    [
      "node-fetch: no listener",
      Object.assign(new Error("request to x failed, reason: connect ETIMEDOUT"), { code: "ETIMEDOUT" }),
    ],
    [
      "node-fetch: none of several addresses answers, which it tells without a reason",
      Object.assign(new Error("request to x failed, reason: "), { code: "ETIMEDOUT" }),
    ],
  ])("proves that nothing was sent: %s", (_, error) => {
    expect(outcomeOf(error)).toBe("unsent");
  });

  it.each([
    ["the other side hung up", failed({ code: "UND_ERR_SOCKET" })],
    ["no answer in time", failed({ code: "UND_ERR_HEADERS_TIMEOUT" })],
    ["reset", failed(at("read", "ECONNRESET"))],
    ["a timeout while reading", failed(at("read", "ETIMEDOUT"))],
    [
      "one address refused, one was reset",
      failed(together(at("connect", "ECONNREFUSED"), at("read", "ECONNRESET"))),
    ],
    [
      "node-fetch: a timeout while reading",
      Object.assign(new Error("request to x failed, reason: read ETIMEDOUT"), { code: "ETIMEDOUT" }),
    ],
    ["an abort", new DOMException("aborted", "AbortError")],
    ["something thrown", "thrown"],
    ["nothing", undefined],
  ])("proves nothing: %s", (_, error) => {
    expect(outcomeOf(error)).toBe("unknown");
  });
});
