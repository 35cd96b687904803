import { describe, expect, it } from "vitest";
import type { Settlement } from "../store/port.js";
import { type HeldRecord, isGone, mayRenew, maySettle, meet, meetFreeze, viewOf } from "./record.js";

const now = 1_000;
const live = now + 1;
const me = { owner: "me", attempt: 1 };
const claim = { id: "r", mode: "send" } as const;

const held = (state: HeldRecord["state"], more: Partial<HeldRecord> = {}): HeldRecord => ({
  ...me,
  state,
  lease: live,
  expires: now + 100,
  stage: 0,
  paid: [],
  content: undefined,
  result: undefined,
  ...more,
});

const askers = { me, "me, earlier": { owner: "me", attempt: 0 }, other: { owner: "other", attempt: 1 } };

describe("admit meets", () => {
  it.each<[string, HeldRecord | undefined, ...string[]]>([
    ["nothing", undefined, "claim", "claim", "claim"],
    ["an expired record", held("done", { expires: now }), "claim", "claim", "claim"],
    ["RESERVED", held("reserved"), "resume", "reserved-by-other", "reserved-by-other"],
    ["an overdue RESERVED", held("reserved", { lease: now }), "resume", "claim", "claim"],
    ["SENDING", held("sending"), "go", "sending-by-other", "sending-by-other"],
    ["SENDING, lease over", held("sending", { lease: now }), "ambiguous", "ambiguous", "ambiguous"],
    ["AMBIGUOUS", held("ambiguous"), "ambiguous", "ambiguous", "ambiguous"],
    ["DONE", held("done"), "done", "done", "done"],
  ])("%s", (_, record, ...meetings) => {
    expect(Object.values(askers).map((asker) => meet(record, claim, asker, now))).toEqual(meetings);
  });

  it("AMBIGUOUS as free when told to take it, but not its own", () => {
    const taking = { ...claim, takeAmbiguous: true };
    for (const record of [held("ambiguous"), held("sending", { lease: now })]) {
      expect(meet(record, taking, askers.other, now)).toBe("claim");
      expect(meet(record, taking, me, now)).toBe("ambiguous");
    }
    expect(meet(held("sending"), taking, askers.other, now)).toBe("sending-by-other");
    expect(meet(held("done"), taking, askers.other, now)).toBe("done");
  });

  it("another content as a mismatch, in every state that it keeps", () => {
    for (const state of ["reserved", "sending", "ambiguous", "done"] as const) {
      const record = held(state, { content: "one" });
      expect(meet(record, { ...claim, content: "two" }, askers.other, now)).toBe("mismatch");
      expect(meet(record, { ...claim, content: "one" }, askers.other, now)).not.toBe("mismatch");
      expect(meet(record, claim, askers.other, now)).not.toBe("mismatch");
    }
  });
});

describe("settle", () => {
  const ends: readonly Settlement[] = ["done", "free", "unsent", "ambiguous"];

  it.each<[HeldRecord["state"], ...boolean[]]>([
    ["reserved", true, true, true, false],
    ["sending", true, true, true, true],
    ["ambiguous", true, true, true, false],
    ["done", false, false, false, false],
  ])("of its own %s may be written as done, free, unsent, ambiguous: %s %s %s %s", (state, ...may) => {
    expect(ends.map((as) => maySettle(held(state), me, as))).toEqual(may);
  });

  it("of anybody else's is refused", () => {
    for (const asker of [askers.other, askers["me, earlier"]]) {
      for (const as of ends) expect(maySettle(held("sending"), asker, as)).toBe(false);
    }
    expect(maySettle(undefined, me, "done")).toBe(false);
  });
});

it("freeze finds its own send, or its own work already done; all else is lost", () => {
  const earlier = askers["me, earlier"];
  expect(meetFreeze(held("sending"), me)).toBe("freeze");
  expect(meetFreeze(held("reserved"), earlier)).toBe("repeat");
  expect(meetFreeze(held("sending"), earlier)).toBe("lost");
  expect(meetFreeze(held("sending"), askers.other)).toBe("lost");
  for (const state of ["reserved", "ambiguous", "done"] as const) {
    expect(meetFreeze(held(state), me)).toBe("lost");
  }
  expect(meetFreeze(undefined, me)).toBe("lost");
});

it("renew prolongs what is still its own and not over", () => {
  expect([mayRenew(held("sending"), me, now), mayRenew(held("reserved"), me, now)]).toEqual([true, true]);
  for (const record of [undefined, held("done"), held("ambiguous"), held("sending", { lease: now })]) {
    expect(mayRenew(record, me, now)).toBe(false);
  }
  expect(mayRenew(held("sending"), askers.other, now)).toBe(false);
});

it("a view shows no lease where nobody holds one", () => {
  expect(viewOf(held("sending"), now)).toMatchObject({ state: "sending", leaseUntilUs: live });
  expect(viewOf(held("sending", { lease: now }), now)).toEqual({
    state: "ambiguous",
    owner: "me",
    attempt: 1,
    expiresUs: now + 100,
  });
  expect(viewOf(held("done", { result: "x" }), now)).toMatchObject({ state: "done", result: "x" });
  expect([isGone(held("done"), now + 99), isGone(held("done"), now + 100)]).toEqual([false, true]);
});
