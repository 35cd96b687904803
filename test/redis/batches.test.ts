import type { AdmitRequest, RuleCharge } from "@sendonce/core";
import { type RedisStore, redisStore } from "@sendonce/core/redis";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { countCommands } from "../kit/redis/commands.js";
import { sharedRedis, startRedis } from "../kit/redis/server.js";

/**
 * Claims and settlements that are asked at one moment go to Redis in one script run. Whatever is asked together must come
 * to what it would have come to one after the other.
 */
let together: RedisStore;
let oneByOne: RedisStore;
let bots = 0;
beforeAll(async () => {
  const { url } = await sharedRedis();
  together = redisStore(url, { commandTimeoutMs: 5_000 });
  oneByOne = redisStore(url, { commandTimeoutMs: 5_001 });
});
afterAll(() => Promise.all([together.close(), oneByOne.close()]));

/** So slow that nothing is refilled while a test runs. */
const bucket = (key: string, capacity: number, more: Partial<RuleCharge> = {}): RuleCharge => ({
  name: key,
  key,
  params: { kind: "bucket", capacity, intervalUs: 60_000_000 },
  cost: 1,
  mode: "wait",
  ...more,
});
const window: RuleCharge = {
  ...bucket("group", 3),
  params: { kind: "window", limit: 3, periodUs: 60_000_000, marginUs: 250_000 },
};
const gate: RuleCharge = { ...bucket("gate", 1), params: { kind: "gate" } };
const times = { maxWaitUs: 600_000_000, leaseUs: 30_000_000, graceUs: 10_000_000, ttlUs: 60_000_000 };

/** What nobody has to wait for, and no window: a batch carries it out in order. Others ask once more, after it. */
const plain: readonly (readonly RuleCharge[])[] = [
  [],
  [gate],
  [bucket("chat", 50), bucket("global", 90)],
  [bucket("chat", 50, { mode: "debit" }), bucket("global", 90, { mode: "debit" })],
  [bucket("global", 90, { cost: 2 })],
  [bucket("global", 90, { priority: "bulk" })],
  [bucket("chat", 50, { ceiling: 1_000_000 }), bucket("global", 90, { ceiling: 1_500_000 })],
];
/** Where some have to wait. */
const scarce: readonly (readonly RuleCharge[])[] = [
  [bucket("chat", 2), bucket("global", 5)],
  [bucket("chat", 2, { mode: "debit" }), bucket("global", 5, { mode: "debit" })],
  [bucket("global", 5, { cost: 3 })],
  [window, bucket("global", 5)],
];

const claim = (bot: string, owner: string, id: string, rules: readonly RuleCharge[]): AdmitRequest => ({
  bot,
  owner,
  attempt: 0,
  claim: { id, mode: "send", content: id === "k1" ? `text of ${owner}` : undefined },
  rules,
  ...times,
});

/** What an answer says apart from the moment of it. */
const withoutTime = (answer: object) =>
  Object.fromEntries(Object.entries(answer).filter(([name]) => !/Us$/.test(name)));

const calls = fc.array(fc.record({ key: fc.nat(9), plan: fc.nat(plain.length - 1) }), {
  minLength: 2,
  maxLength: 20,
});
const endings = fc.array(fc.constantFrom("done", "free", "unsent", "ambiguous"), { minLength: 1 });

/** All of it by one store, at once or in turn: the answers to claims and settlements, and what is left of the rules. */
async function played(
  store: RedisStore,
  bot: string,
  asked: readonly { readonly key: number; readonly plan: number }[],
  ends: readonly string[],
  inTurn: boolean,
) {
  const claims = asked.map(
    ({ key, plan }, i) =>
      () =>
        store.admit(claim(bot, `o${i}`, `k${key}`, plain[plan]!)),
  );
  const settlements = asked.map(({ key, plan }, i) => () => {
    const as = ends[i % ends.length] as "done";
    const owned = { bot, owner: `o${i}`, attempt: 0, record: `k${key}` };
    return store.settle({ ...owned, as, result: `m${i}`, ttlUs: 60_000_000, rules: plain[plan]! });
  });
  const run = inTurn ? oneAfterTheOther : atOnce;
  const answers = (await run(claims)).map(withoutTime);
  const settled = await run(settlements);
  const rules = plain[2]!;
  const left = (await store.stats({ bot, rules })).map(({ remaining }) => remaining);
  return { answers, settled, left };
}

const atOnce = <T>(steps: readonly (() => Promise<T>)[]): Promise<T[]> =>
  Promise.all(steps.map((step) => step()));

async function oneAfterTheOther<T>(steps: readonly (() => Promise<T>)[]): Promise<T[]> {
  const answers: T[] = [];
  for (const step of steps) answers.push(await step());
  return answers;
}

describe("what is asked together", () => {
  test("comes to what it would have come to one after the other", async () => {
    await fc.assert(
      fc.asyncProperty(calls, endings, async (asked, ends) => {
        bots++;
        const batched = await played(together, `batch${bots}`, asked, ends, false);
        expect(batched).toEqual(await played(oneByOne, `alone${bots}`, asked, ends, true));
      }),
      { numRuns: 60 },
    );
  });

  test("lets no more through than the rules say, and nobody twice, where some have to wait", async () => {
    await fc.assert(
      fc.asyncProperty(calls, async (asked) => {
        const bot = `scarce${++bots}`;
        const rules = asked.map(({ plan }) => scarce[plan % scarce.length]!);
        const answers = await Promise.all(
          asked.map(({ key }, i) => together.admit(claim(bot, `o${i}`, `k${key}`, rules[i]!))),
        );
        const went = asked.filter((_, i) => answers[i]!.status === "go");
        expect(new Set(went.map(({ key }) => key)).size).toBe(went.length);
        const paid = (name: string) =>
          answers.reduce((sum, { status }, i) => {
            const charge = rules[i]!.find((rule) => rule.name === name && rule.mode === "wait");
            return status === "go" && charge ? sum + charge.cost : sum;
          }, 0);
        expect(paid("chat")).toBeLessThanOrEqual(2);
        expect(paid("group")).toBeLessThanOrEqual(3);
        expect(paid("global")).toBeLessThanOrEqual(5);
      }),
      { numRuns: 60 },
    );
  });

  test("is one run for those that came while another was under way", async () => {
    const server = await startRedis();
    const store = redisStore(server.url);
    onTestFinished(() => store.close());
    const ask = (i: number) => store.admit(claim("bot", `o${i}`, `r${i}`, []));
    await Promise.all([ask(-2), ask(-1)]);
    await Promise.all([ask(-4), ask(-3)]);
    const stop = await countCommands(server.client());
    await Promise.all(Array.from({ length: 30 }, (_, i) => ask(i)));
    expect(await stop()).toMatchObject({ evalsha: 2 });
  });

  test("is refused call by call when a key holds a foreign value", async () => {
    const { client, botId } = await sharedRedis();
    const bot = `${botId}`;
    await client().set(`sendonce:{${bot}}:1:r:k1`, "mine");
    const answers = await Promise.allSettled(
      ["k0", "k1", "k2"].map((id, i) => together.admit(claim(bot, `o${i}`, id, []))),
    );
    expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(await client().get(`sendonce:{${bot}}:1:r:k1`)).toBe("mine");
  });

  test("takes an owner that UTF-8 cannot carry as it would stand there, and the others go on", async () => {
    const bot = `odd${++bots}`;
    const end = { bot, attempt: 0, as: "done", ttlUs: times.ttlUs, rules: [] } as const;
    const asked = [
      together.admit(claim(bot, "o0", "r0", [])),
      together.settle({ ...end, owner: "half a letter: \ud83d", record: "nobody's" }),
      together.admit(claim(bot, "half a letter: \ud83d", "r1", [])),
      together.admit(claim(bot, "o2", "r2", [])),
    ];
    expect(await Promise.all(asked)).toMatchObject([
      { status: "go" },
      false,
      { status: "go" },
      { status: "go" },
    ]);
  });

  test("is told what Redis refuses to one of its calls by that one alone, and everybody else has paid", async () => {
    const server = await startRedis({ acl: ["user nodel on >secret ~* &* +@all -del"] });
    const store = redisStore(server.urlFor("nodel", "secret"), { commandTimeoutMs: 5_000 });
    onTestFinished(() => store.close());
    const rules = [bucket("chat", 5)];
    const freed = {
      bot: "b",
      owner: "o0",
      attempt: 0,
      record: "r0",
      as: "free",
      ttlUs: 1,
      rules: [],
    } as const;
    await store.admit(claim("b", "o0", "r0", []));
    const answers = await Promise.allSettled([
      store.admit(claim("b", "o1", "r1", rules)),
      store.admit(claim("b", "o2", "r2", rules)),
      store.settle(freed),
      store.admit(claim("b", "o3", "r3", rules)),
    ]);
    expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected", "fulfilled"]);
    expect(await store.stats({ bot: "b", rules })).toMatchObject([{ remaining: 2 }]);
  });

  test("fails together when Redis does not answer, and works again", async () => {
    const server = await startRedis();
    const store = redisStore(server.url, { commandTimeoutMs: 200 });
    onTestFinished(() => store.close());
    const ask = (i: number) => store.admit(claim("bot", `o${i}`, `r${i}`, []));
    await ask(-1);
    server.pause();
    const answers = await Promise.allSettled(Array.from({ length: 10 }, (_, i) => ask(i)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(["rejected"]));
    server.resume();
    // Those whose answer was lost may have been carried out: to their own owner the answer is still go.
    const again = await Promise.all(Array.from({ length: 10 }, (_, i) => ask(i)));
    expect(new Set(again.map(({ status }) => status))).toEqual(new Set(["go"]));
  });
});
