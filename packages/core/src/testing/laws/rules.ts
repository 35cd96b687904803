import { deepEqual, equal } from "node:assert/strict";
import type { RuleCharge } from "../../store/port.js";
import {
  type Bench,
  bucket,
  gate,
  graceUs,
  type Law,
  leaseUs,
  marginUs,
  minute,
  narrow,
  said,
  second,
  window,
} from "./bench.js";

const go = { status: "go" };

/** How long each of `count` new calls is told to wait, asking one after the other at one time. */
async function waits(bench: Bench, rule: RuleCharge, count: number): Promise<number[]> {
  const found: number[] = [];
  for (let i = 0; i < count; i++) {
    const answer = await bench.other([rule]);
    found.push(answer.status === "wait" ? answer.waitUs : answer.status === "go" ? 0 : Number.NaN);
  }
  return found;
}

const buckets: readonly Law[] = [
  {
    name: "bucket: its capacity at once, then one per interval, first come first served",
    async run(bench) {
      deepEqual(await waits(bench, bucket(3, second), 6), [0, 0, 0, second, 2 * second, 3 * second]);
    },
  },
  {
    name: "bucket: refills one per interval, up to its capacity",
    async run(bench) {
      const rule = bucket(3, second);
      await waits(bench, rule, 3);
      bench.pass(second);
      deepEqual(await waits(bench, rule, 2), [0, second]);
      bench.pass(minute);
      deepEqual(await waits(bench, rule, 4), [0, 0, 0, second]);
    },
  },
  {
    name: "bucket: a cost of N waits for N tokens and takes them",
    async run(bench) {
      await bench.other([bucket(5, second, { cost: 2 })]);
      deepEqual(await waits(bench, bucket(5, second, { cost: 4 }), 1), [second]);
      deepEqual(await waits(bench, bucket(5, second), 1), [2 * second]);
    },
  },
  {
    name: "bucket: a cost above the capacity waits for the whole bucket and takes it",
    async run(bench) {
      const huge = bucket(3, second, { cost: 10 });
      await bench.other([bucket(3, second)]);
      deepEqual(await waits(bench, huge, 1), [second]);
      deepEqual(await waits(bench, bucket(3, second), 1), [2 * second]);
    },
  },
  {
    name: "bucket: a debit does not wait and overdraws by at most one capacity",
    async run(bench) {
      const debit = bucket(3, second, { mode: "debit" });
      deepEqual(await waits(bench, debit, 10), Array(10).fill(0));
      equal((await bench.stats(debit)).remaining, -3);
      deepEqual(await waits(bench, bucket(3, second), 1), [4 * second]);
    },
  },
  {
    name: "bucket: bulk yields to turns that normal calls have reserved, and takes free tokens at once",
    async run(bench) {
      const normal = bucket(2, second, { priority: "normal" });
      const bulk = bucket(2, second, { priority: "bulk", cost: 1 });
      deepEqual(await waits(bench, bulk, 1), [0]);
      deepEqual(await waits(bench, { ...normal, cost: 2 }, 1), [second]);
      const [turn] = await waits(bench, bulk, 1);
      equal(turn! >= second, true);
    },
  },
  {
    name: "bucket: bulk waits in a lane of its own, where nobody stands behind it and everybody else goes first",
    async run(bench) {
      const normal = bucket(1, second);
      const bulk = bucket(1, second, { priority: "bulk" });
      deepEqual(await waits(bench, normal, 1), [0]);
      for (const id of ["a", "b"]) await bench.admit(id, { id, rules: [bulk] });
      deepEqual(await waits(bench, normal, 1), [second]);
      const [moved] = await waits(bench, bulk, 1);
      equal(moved, 4 * second);
      bench.pass(second);
      deepEqual(said(await bench.admit("a", { id: "a", rules: [bulk] })), {
        status: "wait",
        waitUs: second,
        rule: "bucket",
      });
      bench.pass(second);
      deepEqual(said(await bench.admit("a", { id: "a", rules: [bulk] })), go);
      deepEqual(await waits(bench, normal, 1), [second]);
    },
  },
  {
    name: "bucket: bulk that gives up its place in the lane leaves no trace there",
    async run(bench) {
      const bulk = bucket(1, second, { priority: "bulk" });
      await bench.other([bulk]);
      await bench.admit("a", { rules: [bulk] });
      await bench.settle("a", "unsent", { rules: [bulk] });
      deepEqual(await waits(bench, bulk, 1), [second]);
    },
  },
  {
    name: "bucket: where more turns are reserved than may be overdrawn, a debit makes them come later",
    async run(bench) {
      const rule = bucket(1, second);
      await waits(bench, rule, 1);
      for (const id of ["a", "b", "c"]) await bench.admit(id, { id, rules: [rule] });
      await bench.other([{ ...rule, mode: "debit" }]);
      bench.pass(second);
      deepEqual(said(await bench.admit("a", { id: "a", rules: [rule] })), {
        status: "wait",
        waitUs: second,
        rule: "bucket",
      });
      deepEqual(await waits(bench, rule, 1), [4 * second]);
    },
  },
  {
    name: "bucket: a turn that is used late refills late",
    async run(bench) {
      const rule = bucket(1, second);
      await bench.other([rule]);
      await bench.admit("a", { rules: [rule] });
      bench.pass(5 * second);
      deepEqual(said(await bench.admit("a", { rules: [rule] })), go);
      deepEqual(await waits(bench, rule, 1), [second]);
    },
  },
  {
    name: "bucket: an open request that is renewed is not counted again",
    async run(bench) {
      const rule = bucket(1, second);
      const patient = { rules: [rule] };
      await bench.other([rule]);
      await bench.admit("a", { id: "a", ...patient });
      await bench.admit("b", { id: "b", ...patient });
      bench.pass(second);
      equal((await bench.admit("a", { id: "a", ...patient })).status, "go");
      for (let n = 0; n < 3; n++) await bench.renew("a", { record: "a", ...patient });
      deepEqual(said(await bench.admit("b", { id: "b", ...patient })), {
        status: "wait",
        waitUs: second,
        rule: "bucket",
      });
      equal((await bench.stats(rule)).waitUs, 2 * second);
    },
  },
  {
    name: "bucket: the newest turn is given back whole",
    async run(bench) {
      const rule = bucket(1, second);
      await bench.other([rule]);
      const before = await bench.stats(rule);
      await bench.admit("a", { rules: [rule] });
      await bench.settle("a", "unsent", { rules: [rule] });
      deepEqual(await bench.stats(rule), before);
    },
  },
  {
    name: "bucket: a turn that was paid early and is not used at all is given back whole",
    async run(bench) {
      const [chat, wide] = [bucket(1, minute, { key: "chat" }), bucket(1, 30 * second, { key: "wide" })];
      await bench.other([wide]);
      await bench.admit("a", { rules: [chat, wide] });
      bench.pass(30 * second);
      equal((await bench.admit("a", { rules: [chat, wide] })).status, "go");
      await bench.settle("a", "unsent", { rules: [chat, wide] });
      equal((await bench.stats(chat)).remaining, 1);
    },
  },
  {
    name: "bucket: an older turn that is given back leaves a gap, and no later turn moves",
    async run(bench) {
      const rule = bucket(1, second);
      await bench.other([rule]);
      await bench.admit("a", { rules: [rule] });
      await bench.admit("b", { id: "b", rules: [rule] });
      await bench.settle("a", "unsent", { rules: [rule] });
      deepEqual(said(await bench.admit("b", { id: "b", rules: [rule] })), {
        status: "wait",
        waitUs: 2 * second,
        rule: "bucket",
      });
      deepEqual(await waits(bench, rule, 1), [3 * second]);
    },
  },
  {
    name: "bucket: what a rejected send has paid stays paid",
    async run(bench) {
      await bench.admit("a", { rules: [narrow] });
      await bench.settle("a", "free", { rules: [narrow] });
      equal((await bench.stats(narrow)).remaining, 0);
    },
  },
];

const period = minute;

const windows: readonly Law[] = [
  {
    name: "window: its limit at once, the next when the first place frees: the period and the margin later",
    async run(bench) {
      const turns = await waits(bench, window(3, period), 5);
      const [fourth, fifth] = turns.slice(3);
      deepEqual(turns.slice(0, 3), [0, 0, 0]);
      // Places bear their times as names: equal ones are moved by a microsecond.
      equal(fourth! - (period + marginUs) <= 2 && fourth! >= period + marginUs, true);
      equal(fifth! >= fourth! && fifth! <= fourth! + 2, true);
    },
  },
  {
    name: "window: a settled place frees one period after the settle",
    async run(bench) {
      const rule = window(1, period);
      await bench.admit("a", { rules: [rule] });
      bench.pass(2 * second);
      await bench.settle("a", "done", { rules: [rule] });
      deepEqual(await waits(bench, rule, 1), [period]);
    },
  },
  {
    name: "window: any settlement but unsent restamps, since Telegram may have counted it",
    async run(bench) {
      for (const as of ["done", "free", "ambiguous"] as const) {
        const rule = window(1, period, { key: as });
        await bench.admit("a", { id: as, rules: [rule] });
        bench.pass(second);
        await bench.settle("a", as, { record: as, rules: [rule] });
        equal((await bench.stats(rule)).waitUs, period);
      }
    },
  },
  {
    name: "window: an unsent place is free at once",
    async run(bench) {
      const rule = window(1, period);
      await bench.admit("a", { rules: [rule] });
      await bench.settle("a", "unsent", { rules: [rule] });
      deepEqual(await bench.stats(rule), {
        name: "window",
        remaining: 1,
        waitUs: 0,
        resetUs: 0,
        frozenUs: 0,
        rate: 1,
      });
    },
  },
  {
    name: "window: a turn that is used late frees late",
    async run(bench) {
      const rule = window(1, period);
      await bench.other([rule]);
      await bench.admit("a", { rules: [rule], maxWaitUs: 2 * period });
      bench.pass(period + marginUs + 5 * second);
      deepEqual(said(await bench.admit("a", { rules: [rule] })), go);
      equal((await bench.stats(rule)).waitUs, period + marginUs);
    },
  },
  {
    name: "window: an open request that is renewed keeps its place",
    async run(bench) {
      const rule = window(1, period);
      await bench.admit("a", { rules: [rule] });
      bench.pass(10 * second);
      await bench.renew("a", { rules: [rule] });
      equal((await bench.stats(rule)).waitUs, period + marginUs);
    },
  },
  {
    name: "window: a waiter whose forerunner was late waits longer at its second admit",
    async run(bench) {
      const rule = window(1, period);
      const patient = { rules: [rule], maxWaitUs: 5 * period };
      await bench.other([rule]);
      await bench.admit("a", { id: "a", ...patient });
      await bench.admit("b", { id: "b", ...patient });
      bench.pass(period + marginUs + 5 * second);
      equal((await bench.admit("a", { id: "a", ...patient })).status, "go");
      bench.pass(period + marginUs - 5 * second);
      const answer = await bench.admit("b", { id: "b", ...patient });
      deepEqual(said(answer), { status: "wait", waitUs: 5 * second, rule: "window" });
      bench.pass(5 * second);
      equal((await bench.admit("b", { id: "b", ...patient })).status, "go");
    },
  },
  {
    name: "window: a waiter that has to wait longer takes along who comes after it",
    async run(bench) {
      const rule = window(1, period);
      const patient = { rules: [rule], maxWaitUs: 5 * period };
      await bench.other([rule]);
      await bench.admit("a", { id: "a", ...patient });
      await bench.admit("b", { id: "b", ...patient });
      bench.pass(period + marginUs + 5 * second);
      await bench.admit("a", { id: "a", ...patient });
      bench.pass(period + marginUs - 5 * second);
      await bench.admit("b", { id: "b", ...patient });
      equal((await bench.stats(rule)).waitUs, 5 * second + period + marginUs);
    },
  },
  {
    name: "window: a waiter that comes after its place has run out asks for another",
    async run(bench) {
      const rule = window(1, second);
      await bench.other([rule]);
      await bench.admit("a", { id: "a", rules: [rule] });
      bench.pass(4 * second);
      equal((await bench.other([rule])).status, "go");
      equal((await bench.admit("a", { id: "a", rules: [rule] })).status, "wait");
      bench.pass(second + marginUs);
      deepEqual(said(await bench.admit("a", { id: "a", rules: [rule] })), go);
    },
  },
  {
    name: "window: a cost of N takes N places, one above the limit takes them all",
    async run(bench) {
      await bench.other([window(5, period, { cost: 3 })]);
      equal((await bench.stats(window(5, period))).remaining, 2);
      const [three] = await waits(bench, window(5, period, { cost: 3 }), 1);
      equal(three! > period, true);
      const huge = window(5, period, { key: "huge", cost: 10 });
      await bench.other([huge]);
      equal((await bench.stats(huge)).remaining, 0);
    },
  },
  {
    name: "window: a debit does not wait and overdraws by at most the limit, whatever it costs",
    async run(bench) {
      await bench.other([window(3, period)]);
      const debit = window(3, period, { mode: "debit", cost: 2 });
      deepEqual(await waits(bench, debit, 10), Array(10).fill(0));
      equal((await bench.stats(debit)).remaining, -3);
    },
  },
];

const plans: readonly Law[] = [
  {
    name: "rules: wider ones are untouched while a narrower one is waited for",
    async run(bench) {
      const wide = bucket(5, second, { key: "wide" });
      await bench.other([narrow]);
      await bench.admit("a", { rules: [narrow, wide] });
      equal((await bench.stats(wide)).remaining, 5);
      bench.pass(minute);
      equal((await bench.admit("a", { rules: [narrow, wide] })).status, "go");
      equal((await bench.stats(wide)).remaining, 4);
    },
  },
  {
    name: "rules: after a turn it goes on with the next one and pays none twice",
    async run(bench) {
      const wide = bucket(1, 5 * second, { key: "wide" });
      const rules = [bucket(2, 10 * minute, { key: "first" }), narrow, wide];
      await bench.other([narrow]);
      deepEqual(said(await bench.admit("a", { rules })), { status: "wait", waitUs: minute, rule: "narrow" });
      bench.pass(minute);
      await bench.other([wide]);
      deepEqual(said(await bench.admit("a", { rules })), {
        status: "wait",
        waitUs: 5 * second,
        rule: "wide",
      });
      bench.pass(5 * second);
      deepEqual(said(await bench.admit("a", { rules })), go);
      equal((await bench.stats(rules[0]!)).remaining, 1);
    },
  },
  {
    name: "rules: without any, the claim alone decides",
    async run(bench) {
      deepEqual(said(await bench.admit("a", { rules: [], maxWaitUs: 0 })), go);
    },
  },
  {
    name: "rules: a window is kept though a wider rule holds its turns up",
    async run(bench) {
      const chat = window(1, second, { key: "chat" });
      const wide = bucket(1, 5 * second, { key: "wide" });
      await bench.other([wide]);
      await bench.admit("a", { id: "a", rules: [chat, wide] });
      bench.pass(5 * second);
      equal((await bench.other([chat])).status, "go");
      equal((await bench.admit("a", { id: "a", rules: [chat, wide] })).status, "wait");
      bench.pass(second + marginUs);
      deepEqual(said(await bench.admit("a", { id: "a", rules: [chat, wide] })), go);
    },
  },
  {
    name: "refused: in the first admit nothing is charged or claimed",
    async run(bench) {
      const first = bucket(2, second, { key: "first" });
      await bench.other([narrow]);
      const answer = said(await bench.admit("a", { rules: [first, narrow], maxWaitUs: minute - 1 }));
      deepEqual(answer, { status: "refused", retryAfterUs: minute, rule: "narrow" });
      equal((await bench.stats(first)).remaining, 2);
      equal((await bench.stats(narrow)).waitUs, minute);
      equal(await bench.inspect(), undefined);
    },
  },
  {
    name: "refused: a turn exactly as far away as the patience is taken",
    async run(bench) {
      await bench.other([narrow]);
      equal((await bench.admit("a", { rules: [narrow], maxWaitUs: minute })).status, "wait");
    },
  },
  {
    name: "refused: later, the turns are given back and the record is free",
    async run(bench) {
      const wide = bucket(1, 10 * minute, { key: "wide" });
      await bench.other([narrow]);
      await bench.admit("a", { rules: [narrow, wide] });
      await bench.other([wide]);
      bench.pass(minute);
      const answer = said(await bench.admit("a", { rules: [narrow, wide] }));
      deepEqual(answer, { status: "refused", retryAfterUs: 9 * minute, rule: "wide" });
      equal(await bench.inspect(), undefined);
      equal((await bench.stats(narrow)).remaining, 1);
    },
  },
  {
    name: "refused: a turn that moved exactly as far away as the patience is kept",
    async run(bench) {
      await bench.reserved();
      await bench.flood(narrow, 10 * minute);
      const patience = { rules: [narrow], maxWaitUs: 11 * minute };
      equal((await bench.admit("a", patience)).status, "wait");
      equal((await bench.inspect())?.state, "reserved");
    },
  },
  {
    name: "refused: a turn that moved beyond the patience is given back",
    async run(bench) {
      await bench.reserved();
      await bench.flood(narrow, 10 * minute);
      const answer = await bench.admit("a", { rules: [narrow], maxWaitUs: minute });
      deepEqual(said(answer), { status: "refused", retryAfterUs: 11 * minute, rule: "narrow" });
      equal(await bench.inspect(), undefined);
      equal((await bench.stats(narrow)).waitUs, 11 * minute);
    },
  },
  {
    name: "without a claim: nothing is charged and nothing recorded",
    async run(bench) {
      deepEqual(said(await bench.admit("a", { claim: false, rules: [gate(), narrow] })), go);
      equal(await bench.inspect(), undefined);
      equal((await bench.stats(narrow)).remaining, 1);
    },
  },
  {
    name: "abort: giving back returns every rule paid so far",
    async run(bench) {
      const chat = window(3, minute, { key: "chat" });
      await bench.other([narrow]);
      await bench.admit("a", { rules: [chat, narrow] });
      equal((await bench.stats(chat)).remaining, 2);
      equal(await bench.settle("a", "unsent", { rules: [chat, narrow] }), true);
      equal((await bench.stats(chat)).remaining, 3);
      equal((await bench.stats(narrow)).waitUs, minute);
      equal(await bench.inspect(), undefined);
    },
  },
  {
    name: "rest: a rule that is full again has no state",
    async run(bench) {
      const rules = [bucket(2, second), window(2, 2 * second)];
      await bench.admit("a", { rules });
      await bench.settle("a", "done", { rules });
      const [b, w] = [await bench.stats(rules[0]!), await bench.stats(rules[1]!)];
      deepEqual([b.resetUs, w.resetUs, b.remaining, w.remaining], [second, 2 * second, 1, 1]);
      bench.pass(2 * second);
      for (const rule of rules) {
        const { name, remaining, waitUs, resetUs, frozenUs } = await bench.stats(rule);
        deepEqual([name, remaining, waitUs, resetUs, frozenUs], [rule.name, 2, 0, 0, 0]);
      }
    },
  },
  {
    name: "rest: a turn outlives the state of its rule",
    async run(bench) {
      const rule = bucket(1, second);
      await bench.other([rule]);
      await bench.admit("a", { rules: [rule] });
      bench.pass(second + graceUs - 1);
      await bench.store.sweep(bench.now);
      deepEqual(said(await bench.admit("a", { rules: [rule] })), go);
      equal((await bench.inspect())?.leaseUntilUs, bench.now + leaseUs);
    },
  },
];

/** What a message pays and how long it waits. */
export const ruleLaws: readonly Law[] = [...buckets, ...windows, ...plans];
