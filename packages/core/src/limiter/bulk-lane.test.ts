import { describe, expect, it } from "vitest";
import { joinLane, laneTurn, leaveLane, pushLane } from "./bulk-lane.js";

const params = { kind: "bucket", capacity: 2, intervalUs: 100 } as const;

/** `cost` waits in the lane; answers its turn in server time, and what it may give back. */
function wait(state: { full: number; lane: number; pushed: number }, now: number, cost = 1) {
  const at = laneTurn(params, state, now, cost);
  const turn = joinLane(params, state, at, cost);
  return { at, left: { turn, full: state.lane } };
}

describe("the lane of bulk", () => {
  it("hands out turns in the order of asking, each by as much later as it costs", () => {
    const state = { full: 1_300, lane: 0, pushed: 0 };
    expect([1, 2, 1, 99, 1].map((cost) => wait(state, 1_000, cost).at)).toEqual([
      1_200, 1_300, 1_500, 1_600, 1_800,
    ]);
    expect(state.full).toBe(1_300);
  });

  it("goes later as a whole by what somebody else takes, in the same order and spacing", () => {
    const state = { full: 1_300, lane: 0, pushed: 0 };
    const first = wait(state, 1_000).left;
    pushLane(state, 1_000, 100);
    expect([first.turn + state.pushed, wait(state, 1_000).at]).toEqual([1_300, 1_400]);
    pushLane(state, 1_000, 50);
    expect(wait(state, 1_000).at).toBe(1_550);
  });

  it("is not pushed when nobody waits in it any more", () => {
    const state = { full: 1_300, lane: 0, pushed: 0 };
    wait(state, 1_000);
    const end = state.lane + state.pushed;
    pushLane(state, end, 100);
    expect(state.pushed).toBe(0);
    pushLane(state, end - 1, 100);
    expect(state.pushed).toBe(100);
    pushLane(state, end + 99, 100);
    expect(state.pushed).toBe(200);
    pushLane(state, end + 200, 100);
    expect(state.pushed).toBe(200);
  });

  it("closes the gap of the newest who leaves, and moves nobody for an older one", () => {
    const state = { full: 1_300, lane: 0, pushed: 30 };
    const older = wait(state, 1_000).left;
    const newest = wait(state, 1_000);
    leaveLane(state, older);
    const after = wait({ ...state }, 1_000).at;
    expect(after).toBe(newest.at + 100);
    leaveLane(state, newest.left);
    expect(wait(state, 1_000).at).toBe(newest.at);
  });
});
