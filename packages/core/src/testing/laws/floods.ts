import { deepEqual, equal } from "node:assert/strict";
import { bucket, gate, graceUs, type Law, leaseUs, minute, narrow, said, second, window } from "./bench.js";

const go = { status: "go" };

/** Whose record it is, and what a freeze does to it. */
const owners: readonly Law[] = [
  {
    name: "freeze: its own send goes back in line, one attempt on, with its turn at the thaw",
    async run(bench) {
      const rules = [bucket(5, second)];
      await bench.admit("a", { rules });
      bench.pass(second);
      const answer = await bench.freeze("a", 30 * second, { rules });
      deepEqual(answer, { status: "frozen", waitUs: 30 * second, nowUs: bench.now });
      const view = await bench.inspect();
      deepEqual([view?.state, view?.owner, view?.attempt], ["reserved", "a", 1]);
      equal(view?.leaseUntilUs, bench.now + 30 * second + graceUs);
      const early = said(await bench.admit("a", { attempt: 1, rules }));
      deepEqual(early, { status: "wait", waitUs: 30 * second, rule: "bucket" });
      bench.pass(30 * second);
      deepEqual(said(await bench.admit("a", { attempt: 1, rules })), go);
    },
  },
  {
    name: "freeze: run twice at one attempt it counts once",
    async run(bench) {
      const rules = [bucket(5, second)];
      await bench.admit("a", { rules });
      await bench.freeze("a", 30 * second, { rules });
      bench.pass(10 * second);
      const before = [await bench.inspect(), await bench.stats(rules[0]!)];
      const again = await bench.freeze("a", 30 * second, { rules });
      deepEqual(again, { status: "frozen", waitUs: 20 * second, nowUs: bench.now });
      deepEqual([await bench.inspect(), await bench.stats(rules[0]!)], before);
    },
  },
  {
    name: "freeze: a late copy of it, after the retry has gone out, changes nothing",
    async run(bench) {
      const rules = [bucket(5, second)];
      await bench.admit("a", { rules });
      await bench.freeze("a", second, { rules });
      bench.pass(second);
      await bench.admit("a", { attempt: 1, rules });
      const before = [await bench.inspect(), await bench.stats(rules[0]!)];
      equal((await bench.freeze("a", second, { rules })).status, "lost");
      equal((await bench.admit("a", { rules })).status, "busy");
      equal(await bench.settle("a", "free", { rules }), false);
      equal(await bench.renew("a", { rules }), false);
      deepEqual([await bench.inspect(), await bench.stats(rules[0]!)], before);
    },
  },
  {
    name: "freeze: lost to others, on what is settled, and where nothing stands",
    async run(bench) {
      const rules = [narrow];
      equal((await bench.freeze("a", second, { rules })).status, "lost");
      await bench.admit("a", { rules });
      equal((await bench.freeze("b", second, { rules })).status, "lost");
      equal((await bench.freeze("a", second, { rules, attempt: 1 })).status, "lost");
      await bench.settle("a", "done", { rules });
      equal((await bench.freeze("a", second, { rules })).status, "lost");
      equal((await bench.stats(narrow)).frozenUs, 0);
      equal((await bench.inspect())?.state, "done");
    },
  },
  {
    name: "freeze: a certain 429 that arrives after the lease puts its send back in line all the same",
    async run(bench) {
      const rules = [bucket(5, second)];
      await bench.admit("a", { rules });
      bench.pass(leaseUs + second);
      equal((await bench.freeze("a", second, { rules })).status, "frozen");
      equal((await bench.inspect())?.state, "reserved");
    },
  },
  {
    name: "freeze: who does not come back after the thaw loses the place",
    async run(bench) {
      const rules = [bucket(5, second)];
      await bench.admit("a", { rules });
      await bench.freeze("a", 30 * second, { rules });
      bench.pass(30 * second + graceUs - 1);
      equal((await bench.admit("b", { rules })).status, "busy");
      bench.pass(1);
      equal((await bench.admit("b", { rules })).status, "go");
      equal((await bench.admit("a", { attempt: 1, rules })).status, "busy");
    },
  },
  {
    name: "freeze: the frozen rule and narrower ones stay paid, wider ones are paid again",
    async run(bench) {
      const rules = ["user", "chat", "wide"].map((key) => bucket(5, 10 * minute, { key }));
      await bench.admit("a", { rules });
      await bench.freeze("a", second, { rules, frozen: 1 });
      bench.pass(second);
      equal((await bench.admit("a", { attempt: 1, rules })).status, "go");
      const left = await Promise.all(rules.map((rule) => bench.stats(rule)));
      deepEqual(
        left.map(({ remaining }) => remaining),
        [4, 4, 3],
      );
    },
  },
  {
    name: "freeze: what was paid to wider rules stays paid though the retry gives up",
    async run(bench) {
      const rules = ["user", "chat", "wide"].map((key) => bucket(5, 10 * minute, { key }));
      await bench.admit("a", { rules });
      await bench.freeze("a", second, { rules, frozen: 1 });
      await bench.settle("a", "unsent", { attempt: 1, rules });
      const left = await Promise.all(rules.map((rule) => bench.stats(rule)));
      deepEqual(
        left.map(({ remaining }) => remaining),
        [5, 5, 4],
      );
    },
  },
  {
    name: "freeze: a retry that gives up frees the record",
    async run(bench) {
      const rules = [bucket(5, second)];
      await bench.admit("a", { rules });
      await bench.freeze("a", second, { rules });
      equal(await bench.settle("a", "free", { attempt: 1, rules }), true);
      equal(await bench.inspect(), undefined);
      equal((await bench.stats(rules[0]!)).frozenUs, second);
    },
  },
  {
    name: "freeze: no record expires before its turn at the thaw",
    async run(bench) {
      const rules = [bucket(5, second)];
      await bench.admit("a", { rules, ttlUs: second });
      await bench.freeze("a", 10 * minute, { rules });
      bench.pass(10 * minute + graceUs - 1);
      equal((await bench.inspect())?.state, "reserved");
    },
  },
];

/** What it does to the rule, and so to everybody else. */
const clocks: readonly Law[] = [
  {
    name: "freeze: nobody gets go on a frozen rule, whatever it is and however it is asked",
    async run(bench) {
      const rules = [
        bucket(5, second),
        bucket(5, second, { mode: "debit" }),
        window(5, minute),
        window(5, minute, { mode: "debit" }),
        gate(),
      ];
      for (const rule of [rules[0]!, rules[2]!, rules[4]!]) await bench.flood(rule, 30 * second);
      for (const rule of rules) {
        const waits = { status: "wait", waitUs: 30 * second, rule: rule.name };
        deepEqual(said(await bench.other([rule])), waits);
        deepEqual(said(await bench.admit("x", { claim: false, rules: [rule] })), waits);
        const soon = await bench.admit("x", { claim: false, rules: [rule], maxWaitUs: second });
        deepEqual(said(soon), { status: "refused", retryAfterUs: 30 * second, rule: rule.name });
      }
      bench.pass(30 * second);
      for (const rule of rules) deepEqual(said(await bench.admit("x", { claim: false, rules: [rule] })), go);
    },
  },
  {
    name: "freeze: a gate carries floods for rules of its key",
    async run(bench) {
      const chat = bucket(5, second, { key: "chat" });
      await bench.flood(gate("chat"), 30 * second);
      equal((await bench.other([chat])).status, "wait");
      equal((await bench.stats(chat)).frozenUs, 30 * second);
    },
  },
  {
    name: "freeze: turns handed out earlier come later, in the same order and spacing",
    async run(bench) {
      const rule = bucket(1, second);
      await bench.other([rule]);
      for (const id of ["a", "b", "c"]) await bench.admit(id, { id, rules: [rule] });
      bench.pass(second / 2);
      await bench.flood(rule, 30 * second);
      const turns = { a: 30.5, b: 31.5, c: 32.5 };
      for (const [id, seconds] of Object.entries(turns)) {
        const answer = said(await bench.admit(id, { id, rules: [rule] }));
        deepEqual(answer, { status: "wait", waitUs: seconds * second, rule: "bucket" });
      }
      deepEqual(said(await bench.other([rule])), { status: "wait", waitUs: 33.5 * second, rule: "bucket" });
    },
  },
  {
    name: "freeze: a window stands still, too",
    async run(bench) {
      const rule = window(1, minute);
      await bench.other([rule]);
      const before = (await bench.stats(rule)).waitUs;
      bench.pass(10 * second);
      await bench.flood(rule, 30 * second);
      equal((await bench.stats(rule)).waitUs, before - 10 * second + 30 * second);
      bench.pass(30 * second);
      equal((await bench.stats(rule)).waitUs, before - 10 * second);
    },
  },
  {
    name: "adaptive: a flood takes a fifth of a bucket's refill, and a tenth a minute comes back",
    async run(bench) {
      const rule = bucket(1, second, { ceiling: 1_000_000 });
      await bench.flood(rule, 30 * second);
      equal((await bench.stats(rule)).rate, 0.8);
      bench.pass(30 * second);
      await bench.other([rule]);
      equal((await bench.stats(rule)).waitUs, 1.25 * second);
      bench.pass(minute);
      equal((await bench.stats(rule)).rate, 0.9);
      bench.pass(minute);
      const { rate, resetUs } = await bench.stats(rule);
      deepEqual([rate, resetUs], [1, 0]);
    },
  },
  {
    name: "adaptive: a flood takes a fifth of a window's places",
    async run(bench) {
      const rule = window(10, minute, { ceiling: 1_000_000 });
      await bench.flood(rule, second);
      bench.pass(second);
      equal((await bench.stats(rule)).remaining, 8);
    },
  },
  {
    name: "adaptive: the 429s that were on their way count once; the next flood counts again, down to a tenth",
    async run(bench) {
      const rule = bucket(1, second, { ceiling: 1_000_000 });
      for (let n = 0; n < 5; n++) await bench.flood(rule, 10 * second);
      equal((await bench.stats(rule)).rate, 0.8);
      bench.pass(10 * second);
      await bench.flood(rule, 10 * second);
      equal((await bench.stats(rule)).rate, 0.64);
      for (let n = 0; n < 12; n++) {
        bench.pass(10 * second);
        await bench.flood(rule, 10 * second);
      }
      equal((await bench.stats(rule)).rate, 0.1);
    },
  },
  {
    name: "adaptive: switched off, and on gates, a flood changes no rate",
    async run(bench) {
      for (const rule of [bucket(1, second), { ...gate("bucket"), ceiling: 1_000_000 }]) {
        await bench.flood(rule, second);
        bench.pass(second);
        equal((await bench.stats({ ...rule, ceiling: 1_000_000 })).rate, 1);
      }
    },
  },
  {
    name: "adaptive: who switches it off keeps to what the rule says, beside others who adapt",
    async run(bench) {
      const rule = bucket(1, second, { ceiling: 1_000_000 });
      await bench.flood(rule, second);
      equal((await bench.stats(bucket(1, second))).rate, 1);
    },
  },
  {
    name: "adaptive: under a ceiling, messages that wait without a flood raise the rate, and an idle rule forgets it",
    async run(bench) {
      const rule = bucket(1, second, { ceiling: 1_001_000 });
      for (let n = 0; n < 6; n++) await bench.other([rule]);
      equal((await bench.stats(rule)).rate, 1.001);
      bench.pass(minute);
      equal((await bench.stats(rule)).rate, 1);
    },
  },
  {
    name: "freeze: it is never shortened, and a longer one prolongs it",
    async run(bench) {
      const rule = bucket(5, second);
      await bench.flood(rule, 30 * second);
      equal((await bench.flood(rule, 10 * second)).status, "frozen");
      equal((await bench.stats(rule)).frozenUs, 30 * second);
      const longer = await bench.flood(rule, 40 * second);
      deepEqual([longer.status, "waitUs" in longer && longer.waitUs], ["frozen", 40 * second]);
      equal((await bench.stats(rule)).frozenUs, 40 * second);
    },
  },
  {
    name: "freeze: two overlapping floods stop the clock once",
    async run(bench) {
      const rule = bucket(1, second);
      await bench.other([rule]);
      await bench.admit("a", { rules: [rule] });
      await bench.flood(rule, 30 * second);
      bench.pass(10 * second);
      await bench.flood(rule, 30 * second);
      const answer = said(await bench.admit("a", { rules: [rule] }));
      deepEqual(answer, { status: "wait", waitUs: 31 * second, rule: "bucket" });
    },
  },
  {
    name: "freeze: a narrow rule that freezes while a wider one is waited for holds the call",
    async run(bench) {
      const rules = [bucket(5, second, { key: "chat" }), narrow];
      await bench.other([narrow]);
      await bench.admit("a", { rules });
      await bench.flood(rules[0]!, 90 * second);
      bench.pass(minute);
      deepEqual(said(await bench.admit("a", { rules })), {
        status: "wait",
        waitUs: 30 * second,
        rule: "chat",
      });
      equal((await bench.inspect())?.leaseUntilUs, bench.now + 30 * second + graceUs);
      bench.pass(30 * second);
      deepEqual(said(await bench.admit("a", { rules })), go);
    },
  },
  {
    name: "freeze: of two rules that thaw at once, the narrow one is named",
    async run(bench) {
      const rules = ["chat", "wide"].map((key) => bucket(5, second, { key }));
      await bench.other([narrow]);
      await bench.admit("a", { rules: [...rules, narrow] });
      for (const rule of rules) await bench.flood(rule, 90 * second);
      bench.pass(minute);
      deepEqual(said(await bench.admit("a", { rules: [...rules, narrow] })), {
        status: "wait",
        waitUs: 30 * second,
        rule: "chat",
      });
    },
  },
  {
    name: "freeze: a record that waits for a thaw does not expire before its turn there",
    async run(bench) {
      await bench.other([narrow]);
      const asks = { rules: [narrow], ttlUs: second, maxWaitUs: 60 * minute };
      await bench.admit("a", asks);
      await bench.flood(narrow, 10 * minute);
      bench.pass(minute);
      await bench.admit("a", asks);
      bench.pass(10 * minute + graceUs - 1);
      equal((await bench.inspect())?.state, "reserved");
    },
  },
  {
    name: "freeze: a wide rule that freezes holds calls that wait for a narrower one",
    async run(bench) {
      const wide = bucket(5, second, { key: "wide" });
      const rules = [narrow, wide];
      await bench.other([narrow]);
      await bench.admit("a", { rules });
      await bench.flood(wide, 90 * second);
      bench.pass(minute);
      deepEqual(said(await bench.admit("a", { rules })), {
        status: "wait",
        waitUs: 30 * second,
        rule: "wide",
      });
    },
  },
  {
    name: "freeze: without a record the rule stands still and no record changes",
    async run(bench) {
      await bench.admit("a", { rules: [narrow] });
      const before = await bench.inspect();
      const answer = await bench.freeze("a", second, { record: undefined, rules: [narrow] });
      deepEqual(answer, { status: "frozen", waitUs: second, nowUs: bench.now });
      deepEqual(await bench.inspect(), before);
    },
  },
  {
    name: "freeze: a thawed rule rests when it is full again",
    async run(bench) {
      const rule = bucket(2, second);
      await bench.other([rule]);
      await bench.flood(rule, 30 * second);
      equal((await bench.stats(rule)).resetUs, 31 * second);
      bench.pass(31 * second);
      deepEqual(await bench.stats(rule), {
        name: "bucket",
        remaining: 2,
        waitUs: 0,
        resetUs: 0,
        frozenUs: 0,
        rate: 1,
      });
    },
  },
];

/** What a 429 does. */
export const floodLaws: readonly Law[] = [...owners, ...clocks];
