import { afterEach, describe, expect, it, vi } from "vitest";
import { type EventName, Events } from "./events.js";
import { logEvents } from "./log.js";
import type { Logger } from "./logger.js";
import { type WarningKind, Warnings, warningTexts } from "./warnings.js";

const facts = { bot: "1", method: "sendMessage", scope: "content", attempts: 1, waitedMs: 0 } as const;

function logger() {
  const lines: [level: string, fields: object, line: string][] = [];
  const at = (level: string) => (fields: object, line: string) => lines.push([level, fields, line]);
  const log: Logger = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  return { log, lines };
}

afterEach(() => vi.restoreAllMocks());

describe("events", () => {
  it("reach those who listen, until they stop", () => {
    const events = new Events();
    const seen: unknown[] = [];
    const stop = events.on("sent", (event) => seen.push(event));
    expect(events.wants("sent")).toBe(true);
    events.emit("sent", facts);
    events.emit("replayed", facts);
    stop();
    stop();
    events.emit("sent", facts);
    expect(seen).toEqual([facts]);
    expect(events.wants("sent")).toBe(false);
  });

  it("are not disturbed by a listener that throws", () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const events = new Events();
    const heard = vi.fn();
    events.on("sent", () => {
      throw new Error("broken");
    });
    events.on("sent", heard);
    events.emit("sent", facts);
    expect(heard).toHaveBeenCalledOnce();
    expect(warn.mock.calls[0]?.[0]).toContain("broken");
  });
});

describe("the log", () => {
  const end = { ...facts, outcome: "unknown" as const };

  it.each<[EventName, object, string]>([
    ["sent", facts, "debug"],
    ["replayed", facts, "info"],
    ["failed", end, "error"],
    ["failed", { ...end, outcome: "rejected" }, "debug"],
    ["refused", { ...facts, code: "busy" }, "warn"],
    ["wait", { ...facts, rule: "chat", waitMs: 10 }, "debug"],
    ["wait", { ...facts, rule: "chat", waitMs: 1_000 }, "warn"],
    ["keyChecked", { ...facts, duplicate: true, found: "done" }, "debug"],
    ["limitChecked", { ...facts, allowed: false, rules: ["chat"], rule: "chat", waitMs: 10 }, "debug"],
    ["freeze", { ...facts, rule: "chat", retryAfterMs: 10, frozenMs: 10 }, "warn"],
    ["thaw", { bot: "1", rule: "chat", frozenMs: 10 }, "info"],
    ["unguarded", facts, "info"],
    ["updateDropped", { bot: "1", updateId: 7 }, "info"],
    ["updateUnfinished", { bot: "1", updateId: 7 }, "error"],
    ["dropped", { count: 1 }, "warn"],
    ["storeError", { verb: "settle", message: "down" }, "error"],
  ])("has one line for %s %j, at %s", (name, event, level) => {
    const events = new Events();
    const { log, lines } = logger();
    logEvents(events, log);
    events.emit(name, event as never);
    expect(lines).toHaveLength(1);
    expect(lines[0]?.slice(0, 2)).toEqual([level, { event: name, ...event }]);
    expect(lines[0]?.[2]).toMatch(/\w/);
  });

  it("is not even put together below the logger's level, which may change", () => {
    const events = new Events();
    const { log, lines } = logger();
    let least = "info";
    logEvents(events, { ...log, isLevelEnabled: (level) => least === "debug" || level !== "debug" });
    events.emit("sent", facts);
    expect([events.wants("keyChecked"), lines.length]).toEqual([false, 0]);
    least = "debug";
    events.emit("sent", facts);
    expect([events.wants("keyChecked"), lines.length]).toEqual([true, 1]);
  });

  it("makes nobody measure round trips", () => {
    const events = new Events();
    logEvents(events, logger().log);
    expect(events.wants("storeTrip")).toBe(false);
  });
});

describe("warnings", () => {
  it("are given once per kind, to the logger", () => {
    const { log, lines } = logger();
    const warnings = new Warnings(log);
    for (const kind of ["repeat", "stream", "repeat"] as const) warnings.once(kind);
    expect(lines.map(([level, fields]) => [level, fields])).toEqual([
      ["warn", { event: "warning", warning: "repeat" }],
      ["warn", { event: "warning", warning: "stream" }],
    ]);
  });

  it("are process warnings where there is no logger", () => {
    const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
    const warnings = new Warnings(undefined);
    warnings.once("repeat");
    warnings.once("repeat");
    expect(warn).toHaveBeenCalledOnce();
    const [text, options] = warn.mock.calls[0]! as unknown as [string, object];
    expect(text).toBe(`sendonce: ${warningTexts.repeat}`);
    expect(options).toEqual({ type: "SendonceWarning", code: "SENDONCE_REPEAT" });
  });

  it.each(Object.keys(warningTexts) as WarningKind[])("%s names a remedy", (kind) => {
    expect(warningTexts[kind]).toMatch(
      /delivery\(|install\(|Install|Remove it|memoryStore\(|guard\.on\(|ACL SETUSER|maxmemory-policy noeviction|raise/i,
    );
  });
});
