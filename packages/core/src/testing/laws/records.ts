import { deepEqual, equal } from "node:assert/strict";
import type { Settlement } from "../../store/port.js";
import {
  type Bench,
  bucket,
  graceUs,
  type Law,
  leaseUs,
  minute,
  narrow,
  said,
  second,
  ttlUs,
} from "./bench.js";

const go = { status: "go" };

/** `admit` against every state that a record can be in. */
const admitting: readonly Law[] = [
  {
    name: "admit: a free record is claimed and stands at SENDING, under a lease",
    async run(bench) {
      deepEqual(await bench.admit("a"), { status: "go", leaseUs, nowUs: bench.now });
      deepEqual(await bench.inspect(), {
        state: "sending",
        owner: "a",
        attempt: 0,
        leaseUntilUs: bench.now + leaseUs,
        expiresUs: bench.now + ttlUs,
      });
    },
  },
  {
    name: "admit: a call that must wait stands at RESERVED, alone until its turn and the grace are over",
    async run(bench) {
      await bench.reserved();
      deepEqual(await bench.inspect(), {
        state: "reserved",
        owner: "a",
        attempt: 0,
        leaseUntilUs: bench.now + minute + graceUs,
        expiresUs: bench.now + ttlUs,
      });
    },
  },
  {
    name: "admit: on its own RESERVED it tells the same turn and charges nothing more",
    async run(bench) {
      await bench.reserved();
      const before = await bench.stats(narrow);
      for (const waitUs of [minute, minute]) {
        const again = said(await bench.admit("a", { rules: [narrow] }));
        deepEqual(again, { status: "wait", waitUs, rule: "narrow" });
      }
      deepEqual(await bench.stats(narrow), before);
    },
  },
  {
    name: "admit: on its own RESERVED it says go when the turn has come, also after the lease if nobody took it",
    async run(bench) {
      await bench.reserved();
      bench.pass(minute + graceUs + second);
      deepEqual(said(await bench.admit("a", { rules: [narrow] })), go);
      equal((await bench.inspect())?.state, "sending");
    },
  },
  {
    name: "admit: on somebody else's RESERVED it is busy until that one's turn",
    async run(bench) {
      await bench.reserved();
      bench.pass(10 * second);
      const answer = said(await bench.admit("b", { rules: [narrow] }));
      deepEqual(answer, { status: "busy", state: "reserved", waitUs: 50 * second });
      equal((await bench.inspect())?.owner, "a");
    },
  },
  {
    name: "admit: a RESERVED that is past its turn but not its grace is still its owner's",
    async run(bench) {
      await bench.reserved();
      bench.pass(minute + graceUs - 1);
      const answer = said(await bench.admit("b", { rules: [narrow] }));
      deepEqual(answer, { status: "busy", state: "reserved", waitUs: 0 });
    },
  },
  {
    name: "admit: an overdue RESERVED may be taken over, and its old owner is shut out",
    async run(bench) {
      await bench.reserved();
      bench.pass(minute + graceUs);
      deepEqual(said(await bench.admit("b")), go);
      equal((await bench.inspect())?.owner, "b");
      equal((await bench.admit("a", { rules: [narrow] })).status, "busy");
      equal(await bench.settle("a", "unsent", { rules: [narrow] }), false);
      equal((await bench.inspect())?.owner, "b");
    },
  },
  {
    name: "admit: a takeover starts from the first rule",
    async run(bench) {
      const first = bucket(2, 10 * minute, { key: "first" });
      await bench.other([narrow]);
      await bench.admit("a", { rules: [first, narrow] });
      equal((await bench.stats(first)).remaining, 1);
      bench.pass(minute + graceUs);
      equal((await bench.admit("b", { rules: [first, narrow] })).status, "wait");
      equal((await bench.stats(first)).remaining, 0);
    },
  },
  {
    name: "admit: what an overdue owner had paid is not the next one's",
    async run(bench) {
      await bench.reserved();
      bench.pass(minute + graceUs);
      const answer = said(await bench.admit("b", { rules: [narrow] }));
      deepEqual(answer, { status: "wait", waitUs: 50 * second, rule: "narrow" });
    },
  },
  {
    name: "admit: on its own SENDING it says go and changes nothing",
    async run(bench) {
      await bench.admit("a", { rules: [narrow] });
      const before = [await bench.inspect(), await bench.stats(narrow)];
      deepEqual(said(await bench.admit("a", { rules: [narrow] })), go);
      deepEqual([await bench.inspect(), await bench.stats(narrow)], before);
    },
  },
  {
    name: "admit: go tells the lease that is left, also when it is asked again",
    async run(bench) {
      for (const mode of ["send", "update"] as const) {
        const ask = { id: mode, claim: { mode } };
        const { nowUs: _, ...first } = await bench.admit("a", ask);
        deepEqual(first, { status: "go", leaseUs });
        bench.pass(10 * second);
        const { nowUs: __, ...again } = await bench.admit("a", ask);
        deepEqual(again, { status: "go", leaseUs: leaseUs - 10 * second });
      }
    },
  },
  {
    name: "admit: on somebody else's SENDING it is busy",
    async run(bench) {
      await bench.sending();
      deepEqual(said(await bench.admit("b")), { status: "busy", state: "sending", waitUs: 0 });
    },
  },
  {
    name: "admit: a SENDING whose lease is over is ambiguous to everybody and never taken over",
    async run(bench) {
      await bench.sending();
      bench.pass(leaseUs);
      deepEqual(said(await bench.admit("b")), { status: "ambiguous" });
      deepEqual(said(await bench.admit("a")), { status: "ambiguous" });
      const view = await bench.inspect();
      deepEqual([view?.state, view?.owner, view?.leaseUntilUs], ["ambiguous", "a", undefined]);
    },
  },
  {
    name: "admit: AMBIGUOUS stays ambiguous to everybody",
    async run(bench) {
      await bench.ambiguous();
      deepEqual(said(await bench.admit("b")), { status: "ambiguous" });
      deepEqual(said(await bench.admit("a")), { status: "ambiguous" });
      equal((await bench.inspect())?.owner, "a");
    },
  },
  {
    name: "admit: takeAmbiguous claims an AMBIGUOUS, also a SENDING whose lease is over, but no live SENDING",
    async run(bench) {
      const claim = { takeAmbiguous: true };
      await bench.ambiguous();
      deepEqual(said(await bench.admit("b", { claim })), go);
      equal((await bench.admit("c", { claim })).status, "busy");
      bench.pass(leaseUs);
      deepEqual(said(await bench.admit("c", { claim })), go);
      equal(await bench.settle("b", "done"), false);
      equal((await bench.inspect())?.owner, "c");
    },
  },
  {
    name: "admit: nobody takes its own unknown send for free",
    async run(bench) {
      await bench.ambiguous();
      deepEqual(said(await bench.admit("a", { claim: { takeAmbiguous: true } })), { status: "ambiguous" });
    },
  },
  {
    name: "admit: DONE answers with the stored result and charges nothing",
    async run(bench) {
      await bench.done('{"message_id":7}');
      deepEqual(said(await bench.admit("b", { rules: [narrow] })), {
        status: "done",
        result: '{"message_id":7}',
      });
      equal((await bench.stats(narrow)).remaining, 1);
    },
  },
  {
    name: "admit: DONE without a result is done all the same",
    async run(bench) {
      await bench.done();
      deepEqual(said(await bench.admit("b")), { status: "done", result: undefined });
    },
  },
  {
    name: "admit: a replay does not prolong the record",
    async run(bench) {
      await bench.done();
      const expires = (await bench.inspect())?.expiresUs;
      bench.pass(ttlUs - 1);
      equal((await bench.admit("b")).status, "done");
      equal((await bench.inspect())?.expiresUs, expires);
      bench.pass(1);
      equal((await bench.admit("b")).status, "go");
    },
  },
  {
    name: "admit: a record whose time is over is free, whatever it was",
    async run(bench) {
      for (const bring of [bench.done, bench.ambiguous, bench.sending]) {
        await bring.call(bench);
        bench.pass(ttlUs + minute);
        equal(await bench.inspect(), undefined);
        deepEqual(said(await bench.admit("b")), go);
        await bench.settle("b", "free");
      }
    },
  },
  {
    name: "admit: an earlier attempt of the owner is somebody else",
    async run(bench) {
      await bench.admit("a", { attempt: 1 });
      deepEqual(said(await bench.admit("a", { attempt: 0 })), {
        status: "busy",
        state: "sending",
        waitUs: 0,
      });
    },
  },
  {
    name: "admit: after its deadline it does nothing",
    async run(bench) {
      const late = { deadlineUs: bench.now - 1, rules: [narrow] };
      deepEqual(await bench.admit("a", late), { status: "expired", nowUs: bench.now });
      equal(await bench.inspect(), undefined);
      equal((await bench.stats(narrow)).remaining, 1);
      equal((await bench.admit("a", { deadlineUs: bench.now })).status, "go");
    },
  },
  {
    name: "admit: after its deadline it does not even tell of others",
    async run(bench) {
      await bench.done("x");
      deepEqual(said(await bench.admit("b", { deadlineUs: bench.now - 1 })), { status: "expired" });
    },
  },
];

/** Aliases and contents. */
const recognising: readonly Law[] = [
  {
    name: "aliases: a record under an older secret answers",
    async run(bench) {
      await bench.admit("a", { id: "old" });
      const claim = { aliases: ["older", "old"] };
      deepEqual(said(await bench.admit("b", { id: "new", claim })), {
        status: "busy",
        state: "sending",
        waitUs: 0,
      });
      await bench.settle("a", "done", { record: "old", result: "x" });
      deepEqual(said(await bench.admit("b", { id: "new", claim })), { status: "done", result: "x" });
      equal(await bench.inspect("new"), undefined);
    },
  },
  {
    name: "aliases: with none in use, the record itself is claimed",
    async run(bench) {
      deepEqual(said(await bench.admit("a", { claim: { aliases: ["old"] } })), go);
      equal((await bench.inspect())?.state, "sending");
      equal(await bench.inspect("old"), undefined);
    },
  },
  {
    name: "aliases: one that nobody knows the end of blocks, unless the caller takes it",
    async run(bench) {
      await bench.admit("a", { id: "old" });
      await bench.settle("a", "ambiguous", { record: "old" });
      const claim = { aliases: ["old"] };
      equal((await bench.admit("b", { claim })).status, "ambiguous");
      equal((await bench.admit("b", { claim: { ...claim, takeAmbiguous: true } })).status, "go");
    },
  },
  {
    name: "content: a key that is used again for another content is a mismatch, in flight and when done",
    async run(bench) {
      const one = { claim: { content: "one" } };
      const two = { claim: { content: "two" }, rules: [narrow] };
      await bench.admit("a", one);
      deepEqual(said(await bench.admit("b", two)), { status: "mismatch" });
      await bench.settle("a", "done");
      deepEqual(said(await bench.admit("b", two)), { status: "mismatch" });
      equal((await bench.admit("b", one)).status, "done");
      equal((await bench.stats(narrow)).remaining, 1);
    },
  },
  {
    name: "content: it outlives an unknown outcome",
    async run(bench) {
      await bench.admit("a", { claim: { content: "one" } });
      await bench.settle("a", "ambiguous");
      equal((await bench.admit("b", { claim: { content: "two" } })).status, "mismatch");
      equal((await bench.admit("b", { claim: { content: "one" } })).status, "ambiguous");
    },
  },
  {
    name: "content: it is compared only where both sides have one",
    async run(bench) {
      await bench.done();
      equal((await bench.admit("b", { claim: { content: "two" } })).status, "done");
      await bench.admit("a", { id: "s", claim: { content: "one" } });
      equal((await bench.admit("b", { id: "s" })).status, "busy");
    },
  },
  {
    name: "content: an overdue RESERVED does not hold its content against a takeover",
    async run(bench) {
      await bench.other([narrow]);
      await bench.admit("a", { rules: [narrow], claim: { content: "one" } });
      bench.pass(minute + graceUs);
      equal((await bench.admit("b", { claim: { content: "two" } })).status, "go");
    },
  },
];

/** Claims of updates. */
const updating: readonly Law[] = [
  {
    name: "update claims: held under a lease, busy to others, done when settled",
    async run(bench) {
      const claim = { mode: "update" } as const;
      deepEqual(said(await bench.admit("a", { claim })), go);
      equal((await bench.inspect())?.state, "reserved");
      deepEqual(said(await bench.admit("a", { claim })), go);
      const other = await bench.admit("b", { claim });
      deepEqual([other.status, "state" in other && other.state], ["busy", "reserved"]);
      equal(await bench.settle("a", "done"), true);
      equal((await bench.admit("b", { claim })).status, "done");
    },
  },
  {
    name: "update claims: a lease that is over may be taken over, a renewed one may not",
    async run(bench) {
      const claim = { mode: "update" } as const;
      await bench.admit("a", { claim });
      bench.pass(leaseUs - 1);
      equal(await bench.renew("a"), true);
      bench.pass(leaseUs - 1);
      equal((await bench.admit("b", { claim })).status, "busy");
      bench.pass(1);
      deepEqual(said(await bench.admit("b", { claim })), go);
      equal(await bench.settle("a", "done"), false);
      equal(await bench.settle("b", "free"), true);
      equal((await bench.admit("c", { claim })).status, "go");
    },
  },
];

const renewing: readonly Law[] = [
  {
    name: "renew: prolongs the lease from now, run twice the same",
    async run(bench) {
      await bench.sending();
      bench.pass(10 * second);
      equal(await bench.renew("a"), true);
      equal(await bench.renew("a"), true);
      equal((await bench.inspect())?.leaseUntilUs, bench.now + leaseUs);
      bench.pass(leaseUs - 1);
      equal((await bench.admit("b")).status, "busy");
    },
  },
  {
    name: "renew: refused to others, to other attempts, and where nothing stands",
    async run(bench) {
      equal(await bench.renew("a"), false);
      await bench.sending();
      const before = await bench.inspect();
      equal(await bench.renew("b"), false);
      equal(await bench.renew("a", { attempt: 1 }), false);
      deepEqual(await bench.inspect(), before);
    },
  },
  {
    name: "renew: a lease that is over stays over: others have read it as ambiguous",
    async run(bench) {
      await bench.sending();
      bench.pass(leaseUs);
      equal(await bench.renew("a"), false);
      equal((await bench.inspect())?.state, "ambiguous");
    },
  },
  {
    name: "renew: nothing to renew once it is settled",
    async run(bench) {
      for (const bring of [bench.done, bench.ambiguous]) {
        await bring.call(bench);
        const before = await bench.inspect();
        equal(await bench.renew("a"), false);
        deepEqual(await bench.inspect(), before);
        bench.pass(ttlUs);
      }
    },
  },
  {
    name: "renew: keeps a record from expiring before its lease",
    async run(bench) {
      await bench.admit("a", { ttlUs: 35 * second });
      bench.pass(29 * second);
      await bench.renew("a");
      bench.pass(29 * second);
      equal((await bench.admit("b")).status, "busy");
      bench.pass(second);
      equal(await bench.inspect(), undefined);
    },
  },
];

const ends: readonly Settlement[] = ["done", "free", "unsent", "ambiguous"];

/** What is left of a record that was settled so, and what the next caller hears. */
const after: { readonly [As in Settlement]: readonly [string | undefined, string] } = {
  done: ["done", "done"],
  free: [undefined, "go"],
  unsent: [undefined, "go"],
  ambiguous: ["ambiguous", "ambiguous"],
};

const settling: readonly Law[] = [
  ...ends.map((as) => ({
    name: `settle: as ${as}, a send leaves ${after[as][0] ?? "nothing"}`,
    async run(bench: Bench) {
      await bench.sending();
      equal(await bench.settle("a", as, { result: "x" }), true);
      equal((await bench.inspect())?.state, after[as][0]);
      equal((await bench.admit("b")).status, after[as][1]);
    },
  })),
  ...ends.map((as) => ({
    name: `settle: as ${as}, run twice it changes nothing more`,
    async run(bench: Bench) {
      await bench.admit("a", { rules: [narrow] });
      await bench.settle("a", as, { rules: [narrow], result: "x" });
      const before = [await bench.inspect(), await bench.stats(narrow)];
      await bench.settle("a", as, { rules: [narrow], result: "x" });
      deepEqual([await bench.inspect(), await bench.stats(narrow)], before);
    },
  })),
  ...ends.map((as) => ({
    name: `settle: as ${as}, refused to others and to other attempts`,
    async run(bench: Bench) {
      equal(await bench.settle("a", as), false);
      await bench.sending();
      const before = await bench.inspect();
      equal(await bench.settle("b", as), false);
      equal(await bench.settle("a", as, { attempt: 1 }), false);
      deepEqual(await bench.inspect(), before);
    },
  })),
  {
    name: "settle: what is DONE stays DONE, with its first result",
    async run(bench) {
      await bench.done("first");
      for (const as of ends) equal(await bench.settle("a", as, { result: "second" }), false);
      deepEqual(said(await bench.admit("b")), { status: "done", result: "first" });
    },
  },
  {
    name: "settle: a late one by its own owner clears an AMBIGUOUS",
    async run(bench) {
      for (const [as, hears] of [
        ["done", "done"],
        ["free", "go"],
        ["unsent", "go"],
      ] as const) {
        const record = as;
        await bench.admit("a", { id: record });
        await bench.settle("a", "ambiguous", { record });
        equal(await bench.settle("b", as, { record }), false);
        equal(await bench.settle("a", as, { record }), true);
        equal((await bench.admit("b", { id: record })).status, hears);
      }
    },
  },
  {
    name: "settle: a late one is accepted after the lease, too",
    async run(bench) {
      await bench.sending();
      bench.pass(leaseUs + minute);
      equal(await bench.settle("a", "done", { result: "x" }), true);
      deepEqual(said(await bench.admit("b")), { status: "done", result: "x" });
    },
  },
  {
    name: "settle: a turn that was never used cannot end unknown",
    async run(bench) {
      await bench.reserved();
      equal(await bench.settle("a", "ambiguous", { rules: [narrow] }), false);
      equal((await bench.inspect())?.state, "reserved");
    },
  },
  {
    name: "settle: nothing is left of an expired record to settle",
    async run(bench) {
      await bench.sending();
      bench.pass(ttlUs);
      equal(await bench.settle("a", "done"), false);
      equal(await bench.inspect(), undefined);
    },
  },
  {
    name: "settle: the time to live runs from the settle, not from the claim",
    async run(bench) {
      await bench.sending();
      bench.pass(10 * second);
      await bench.settle("a", "done", { ttlUs: minute });
      equal((await bench.inspect())?.expiresUs, bench.now + minute);
      bench.pass(minute - 1);
      equal((await bench.inspect())?.state, "done");
      bench.pass(1);
      equal(await bench.inspect(), undefined);
    },
  },
];

const expiring: readonly Law[] = [
  {
    name: "expiry: no record expires before its lease",
    async run(bench) {
      await bench.admit("a", { ttlUs: second });
      bench.pass(leaseUs - 1);
      equal((await bench.admit("b", { ttlUs: second })).status, "busy");
      await bench.other([narrow]);
      await bench.admit("a", { id: "w", rules: [narrow], ttlUs: second });
      bench.pass(minute + graceUs - 1);
      equal((await bench.inspect("w"))?.state, "reserved");
    },
  },
  {
    name: "expiry: going on from a turn counts as a write",
    async run(bench) {
      await bench.reserved();
      bench.pass(minute);
      await bench.admit("a", { rules: [narrow] });
      equal((await bench.inspect())?.expiresUs, bench.now + ttlUs);
    },
  },
];

const keeping: readonly Law[] = [
  {
    name: "inspect: reads and changes nothing",
    async run(bench) {
      equal(await bench.inspect(), undefined);
      await bench.done("x");
      const view = await bench.inspect();
      deepEqual(view, {
        state: "done",
        expiresUs: bench.now + ttlUs,
        result: "x",
      });
      deepEqual(await bench.inspect(), view);
    },
  },
  {
    name: "bots: one bot's records and rules are not another's",
    async run(bench) {
      await bench.admit("a", { rules: [narrow] });
      const bot = `${bench.bot}-b`;
      equal(await bench.store.inspect(bot, "r", bench.now), undefined);
      const [rule] = await bench.store.stats({ bot, rules: [narrow], nowUs: bench.now });
      equal(rule?.remaining, 1);
    },
  },
  {
    name: "reset: forgets records and rules, whatever their state, and tells how many",
    async run(bench) {
      await bench.done();
      await bench.admit("a", { id: "s", rules: [narrow] });
      const rules = [narrow.key, "never"];
      equal(await bench.store.reset(bench.bot, { records: ["r", "s", "never"], rules }), 3);
      equal(await bench.inspect("r"), undefined);
      equal(await bench.inspect("s"), undefined);
      deepEqual(await bench.stats(narrow), {
        name: "narrow",
        remaining: 1,
        waitUs: 0,
        resetUs: 0,
        frozenUs: 0,
        rate: 1,
      });
      equal(await bench.store.reset(bench.bot, {}), 0);
    },
  },
  {
    name: "reset: an owner whose record was forgotten is refused",
    async run(bench) {
      await bench.sending();
      await bench.store.reset(bench.bot, { records: ["r"] });
      equal(await bench.renew("a"), false);
      equal(await bench.settle("a", "done"), false);
      deepEqual((await bench.freeze("a", second, { rules: [narrow] })).status, "lost");
      equal(await bench.inspect(), undefined);
    },
  },
  {
    name: "sweep: drops nothing that is alive, and nobody sees what has expired",
    async run(bench) {
      await bench.done("x");
      await bench.admit("a", { id: "long", ttlUs: 4 * ttlUs, rules: [narrow] });
      bench.pass(ttlUs);
      const dropped = await bench.store.sweep(bench.now);
      equal(Number.isInteger(dropped) && dropped >= 0, true);
      equal(await bench.inspect(), undefined);
      equal((await bench.inspect("long"))?.owner, "a");
      equal((await bench.stats(narrow)).resetUs, 0);
    },
  },
  {
    name: "ping: answers the store's time",
    async run(bench) {
      const { nowUs } = await bench.store.ping();
      equal(Number.isSafeInteger(nowUs), true);
      equal(nowUs > 1_500_000_000 * second, true);
    },
  },
  {
    name: "time: unless a test says otherwise it is the store's own, in whole microseconds",
    async run({ store, bot }) {
      const claim = { id: "r", mode: "send" } as const;
      const ask = { bot, owner: "a", attempt: 0, rules: [], maxWaitUs: 0, leaseUs, graceUs, ttlUs };
      const before = (await store.ping()).nowUs;
      const { nowUs } = await store.admit({ ...ask, claim });
      equal(Number.isSafeInteger(nowUs) && nowUs >= before, true);
      equal((await store.inspect(bot, "r"))?.leaseUntilUs, nowUs + leaseUs);
      equal(
        await store.settle({ bot, owner: "a", attempt: 0, record: "r", as: "free", ttlUs, rules: [] }),
        true,
      );
    },
  },
];

/** Whose a record is, and who may change it. */
export const recordLaws: readonly Law[] = [
  ...admitting,
  ...recognising,
  ...updating,
  ...renewing,
  ...settling,
  ...expiring,
  ...keeping,
];
