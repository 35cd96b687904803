import { memoryStore, type RuleCharge, type Store } from "@sendonce/core";
import { redisStore } from "@sendonce/core/redis";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sharedRedis } from "../kit/redis/server.js";

/**
 * The same random history on both stores, step by step: the same answers. The clock moves by hand; owners ask,
 * ask again, send again what they have sent (lost replies), abort, settle, freeze, and settle late.
 */
let redis: Store;
let bots = 0;
beforeAll(async () => {
  redis = redisStore((await sharedRedis()).url, { commandTimeoutMs: 5_000 });
});
afterAll(() => redis.close());

const second = 1_000_000;
const bucket = (key: string, capacity: number, intervalUs: number): RuleCharge => ({
  name: key,
  key,
  params: { kind: "bucket", capacity, intervalUs },
  cost: 1,
  mode: "wait",
});
const group: RuleCharge = {
  name: "group",
  key: "group",
  params: { kind: "window", limit: 3, periodUs: 60 * second, marginUs: 250_000 },
  cost: 1,
  mode: "wait",
};
const chat = bucket("chat", 2, 3 * second);
const global = bucket("global", 4, 333_334);
const gate: RuleCharge = { ...chat, params: { kind: "gate" } };

/** What different calls pay. */
const steady: readonly (readonly RuleCharge[])[] = [
  [chat, global],
  [group, global],
  [
    { ...chat, mode: "debit" },
    { ...global, mode: "debit" },
  ],
  [
    { ...group, cost: 2 },
    { ...global, cost: 2 },
  ],
  [chat, { ...global, priority: "bulk" }],
  [{ ...group, cost: 9 }, global],
  [gate, global],
  [{ ...group, mode: "debit" }, global],
  [],
];
const adapting = (ceiling: number) => (charges: readonly RuleCharge[]) =>
  charges.map((charge) => ({ ...charge, ceiling }));
/** Rules that keep to what they say, that shrink after floods, and that may also exceed themselves. */
const plans = [...steady, ...steady.map(adapting(1_000_000)), ...steady.map(adapting(1_500_000))];

const ownerCount = 4;
const records = ["a", "b"] as const;
const looked = [...records, "update"];
const owner = fc.nat(ownerCount - 1);
const plan = fc.nat(plans.length - 1);
const record = fc.constantFrom(...records);

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      verb: fc.constant("admit" as const),
      owner,
      maxWait: fc.constantFrom(0, 5, 120),
      takes: fc.boolean(),
      content: fc.constantFrom(undefined, "x", "y"),
    }),
  },
  { weight: 3, arbitrary: fc.record({ verb: fc.constant("gates" as const), owner }) },
  {
    weight: 5,
    arbitrary: fc.record({
      verb: fc.constant("settle" as const),
      owner,
      as: fc.constantFrom("done" as const, "free" as const, "unsent" as const, "ambiguous" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      verb: fc.constant("freeze" as const),
      owner,
      which: fc.nat(1),
      after: fc.constantFrom(1, 7, 40),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      verb: fc.constant("flood" as const),
      owner,
      which: fc.nat(1),
      after: fc.constantFrom(1, 7, 40),
    }),
  },
  { weight: 1, arbitrary: fc.record({ verb: fc.constant("renew" as const), owner }) },
  { weight: 2, arbitrary: fc.record({ verb: fc.constant("again" as const), back: fc.nat(5) }) },
  {
    weight: 1,
    arbitrary: fc.record({ verb: fc.constantFrom("update" as const, "handled" as const), owner }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      verb: fc.constant("pass" as const),
      ms: fc.constantFrom(0, 1, 250, 333, 3_000, 9_000, 31_000, 61_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      verb: fc.constant("reset" as const),
      what: fc.constantFrom("a", "chat", "group"),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** One call: it keeps its record, its rules, and its attempt, as a run of the guard does. */
interface Run {
  readonly record: string;
  readonly rules: readonly RuleCharge[];
  attempt: number;
}

type Command = (store: Store, nowUs: number) => Promise<unknown>;

class History {
  readonly #bot = `history-${process.pid}-${bots++}`;
  readonly #memory = memoryStore();
  readonly #runs: Run[];
  readonly #sent: Command[] = [];
  #now = Date.now() * 1000;

  constructor(assigned: readonly { readonly record: string; readonly plan: number }[]) {
    this.#runs = assigned.map(({ record, plan }) => ({ record, rules: plans[plan]!, attempt: 0 }));
  }

  async take(step: Step): Promise<void> {
    if (step.verb === "pass") {
      this.#now += step.ms * 1000;
      return;
    }
    const command = step.verb === "again" ? this.#sent.at(-1 - step.back) : this.#command(step);
    if (command === undefined) return;
    if (step.verb !== "again") this.#sent.push(command);
    const answers = [await command(this.#memory, this.#now), await command(redis, this.#now)];
    expect(answers[1], JSON.stringify(step)).toEqual(answers[0]);
    await this.#compare(step);
    const frozen = step.verb === "freeze" && (answers[0] as { status?: string }).status === "frozen";
    if (frozen) this.#runs[step.owner]!.attempt++;
  }

  async #compare(step: Step): Promise<void> {
    const look = async (store: Store) => ({
      records: await Promise.all(looked.map((id) => store.inspect(this.#bot, id, this.#now))),
      rules: await store.stats({ bot: this.#bot, rules: [chat, group, global], nowUs: this.#now }),
    });
    const [memory, shared] = [await look(this.#memory), await look(redis)];
    expect(shared, JSON.stringify(step)).toEqual(memory);
  }

  #command(step: Exclude<Step, { verb: "pass" | "again" }>): Command {
    const bot = this.#bot;
    if (step.verb === "reset") {
      const what = step.what === "a" ? { records: ["a"] } : { rules: [step.what] };
      return async (store) => void (await store.reset(bot, what));
    }
    const run = this.#runs[step.owner]!;
    const { record, rules, attempt } = run;
    const who = { bot, owner: `owner${step.owner}`, attempt };
    const times = { leaseUs: 30 * second, graceUs: 10 * second, ttlUs: 100 * second };
    switch (step.verb) {
      case "admit":
        return (store, nowUs) =>
          store.admit({
            ...who,
            ...times,
            claim: { id: record, mode: "send", content: step.content, takeAmbiguous: step.takes },
            rules,
            maxWaitUs: step.maxWait * second,
            nowUs,
          });
      case "gates":
        return (store, nowUs) =>
          store.admit({
            ...who,
            ...times,
            rules: [gate, { ...global, params: { kind: "gate" } }],
            maxWaitUs: 60 * second,
            nowUs,
          });
      case "update":
        return (store, nowUs) =>
          store.admit({
            ...who,
            ...times,
            claim: { id: "update", mode: "update" },
            rules: [],
            maxWaitUs: 0,
            nowUs,
          });
      case "handled":
        return (store, nowUs) =>
          store.settle({ ...who, record: "update", as: "done", ttlUs: times.ttlUs, rules: [], nowUs });
      case "settle":
        return (store, nowUs) =>
          store.settle({
            ...who,
            record,
            as: step.as,
            result: step.as === "done" ? `m[${step.owner}|7,"é"]` : undefined,
            ttlUs: times.ttlUs,
            rules,
            nowUs,
          });
      case "freeze":
        return (store, nowUs) =>
          rules.length === 0
            ? Promise.resolve("no rules")
            : store.freeze({
                ...who,
                record,
                rules,
                frozen: Math.min(step.which, rules.length - 1),
                retryAfterUs: step.after * second,
                graceUs: times.graceUs,
                nowUs,
              });
      case "flood":
        return (store, nowUs) =>
          store.freeze({
            ...who,
            rules: adapting(step.after > 1 ? 1_000_000 : 0)([chat, group]),
            frozen: step.which,
            retryAfterUs: step.after * second,
            graceUs: times.graceUs,
            nowUs,
          });
      case "renew":
        return (store, nowUs) => store.renew({ ...who, record, leaseUs: times.leaseUs, rules, nowUs });
    }
  }
}

test("random histories give the same answers on both stores", { timeout: 240_000 }, async () => {
  const runs = fc.array(fc.record({ record, plan }), { minLength: ownerCount, maxLength: ownerCount });
  const steps = fc.array(step, { minLength: 50, maxLength: 70 });
  await fc.assert(
    fc.asyncProperty(runs, steps, async (assigned, history) => {
      const world = new History(assigned);
      for (const each of history) await world.take(each);
    }),
    { numRuns: Number(process.env.HISTORIES ?? 1_000) },
  );
});
