import { describe, expect, it } from "vitest";
import { judge } from "./sweep.js";

const nowUs = 1_000_000_000;
const soon = nowUs + 60_000_000;
const record = { kind: "record", id: "k0" } as const;
const rule = { kind: "rule", id: "chat:7" } as const;

describe("a key", () => {
  it.each([
    ["a record that expires", record, "string", 500, `D|${soon}||`, undefined],
    ["a record for ever", record, "string", -1, `D|${soon}||`, { fault: "forever", keepMs: 60_000 }],
    ["a record past its time", record, "string", -1, `D|${nowUs - 1}||`, { fault: "past", keepMs: 0 }],
    ["a record that expires of itself, late", record, "string", 5, `D|${nowUs - 1}||`, undefined],
    ["a text", record, "string", 500, "hello", { fault: "foreign", keepMs: 0 }],
    ["a list", rule, "list", 500, undefined, { fault: "foreign", keepMs: 0 }],
    ["a bucket", rule, "string", 500, "1732380000000000", undefined],
    ["a frozen window", rule, "string", 500, "w5,9,0,0,0,p800000,1,0,100,4:xxxx", undefined],
    ["a bucket for ever", rule, "string", -1, "1732380000000000", { fault: "forever", keepMs: 604_800_000 }],
    ["slots", { kind: "slots", id: "uploads" } as const, "zset", 500, undefined, undefined],
    ["counters", { kind: "counts", id: "2026-01-31T09" } as const, "hash", 500, undefined, undefined],
    ["posted rules", { kind: "counts", id: "rules" } as const, "string", 500, "{}", undefined],
  ])("with %s is judged", (_, parts, type, ttl, value, verdict) => {
    expect(judge(parts, { type, ttl, value, nowUs })).toEqual(verdict);
  });
});
