import { expect, describe as group, it } from "vitest";
import type { HeldRecord } from "../../packages/core/src/idempotency/record.js";
import { memoryStore } from "../../packages/core/src/store/memory.js";
import type { RuleCharge, Settlement, Store } from "../../packages/core/src/store/port.js";
import type { Command } from "./commands.js";
import { type Effect, isLeased, isLeaseOver, ModelStore, pastLease, whatRulesSay } from "./model-store.js";
import { shipped } from "./protocol.js";

/** The search is worth what its store is worth: along random histories it answers as a real one does. */
group("the model's store", () => {
  it("answers as the memory store does, on random histories of commands, leases and expiries", async () => {
    const met = new Set<string>();
    for (let seed = 1; seed <= 150; seed++) {
      for (const answer of await compare(memoryStore(), seed)) met.add(answer);
    }
    expect([...met].sort()).toEqual(everyAnswer);
  });
});

const everyAnswer = [
  "admit: ambiguous",
  "admit: busy",
  "admit: done",
  "admit: go",
  "admit: refused",
  "admit: wait",
  "freeze: lost",
  "freeze: written",
  "renew: lost",
  "renew: written",
  "settle: lost",
  "settle: written",
];

const bot = "1";
const id = "key";
const rules: readonly RuleCharge[] = [
  {
    name: "chat",
    key: "chat:1",
    params: { kind: "bucket", capacity: 1, intervalUs: 1_000 },
    cost: 1,
    mode: "wait",
  },
  {
    name: "global",
    key: "global",
    params: { kind: "bucket", capacity: 2, intervalUs: 400 },
    cost: 1,
    mode: "wait",
  },
];
const times = { maxWaitUs: 800, leaseUs: 3_000, graceUs: 1_000, ttlUs: 2_000 };

async function compare(store: Store, seed: number): Promise<Set<string>> {
  const pick = picker(seed);
  const model = new ModelStore(shipped, false);
  const met = new Set<string>();
  let held: HeldRecord | undefined;
  let nowUs = 1_000_000;
  for (let step = 0; step < 60; step++) {
    const until = (await store.inspect(bot, id, nowUs))?.leaseUntilUs ?? 0;
    nowUs += pick([0, 1, 200, 700, 1_500, 3_500]);
    held = await aged(store, held, nowUs);
    if (until > nowUs) expect(held, `seed ${seed}, step ${step}: expired before its lease`).toBeDefined();
    const owner = pick(["A", "B"]);
    const command = pickCommand(pick);
    const answer = await ask(store, owner, command, nowUs);
    met.add(`${command.verb}: ${answer}`);
    const effects = whatRulesSay.map((say) => model.execute(held, owner, command, say));
    const view = await store.inspect(bot, id, nowUs);
    const found = effects.find((effect) => effect.answer === answer && looksLike(effect, view, nowUs));
    expect(
      found,
      `seed ${seed}, step ${step}: ${owner} ${command.verb} was answered ${answer}`,
    ).toBeDefined();
    held = found!.record;
  }
  return met;
}

/** What time did to the record, in the model's words: nothing, its lease is over, or it is gone. */
async function aged(
  store: Store,
  held: HeldRecord | undefined,
  nowUs: number,
): Promise<HeldRecord | undefined> {
  const view = await store.inspect(bot, id, nowUs);
  if (!held || !view) return undefined;
  const isPast = view.leaseUntilUs === undefined || view.leaseUntilUs <= nowUs;
  return isLeased(held) && isPast ? pastLease(held) : held;
}

function looksLike({ record }: Effect, view: Awaited<ReturnType<Store["inspect"]>>, nowUs: number): boolean {
  if (!record || !view) return record === view;
  const isPast = view.leaseUntilUs === undefined ? view.state === "ambiguous" : view.leaseUntilUs <= nowUs;
  const state = record.state === "sending" && isLeaseOver(record) ? "ambiguous" : record.state;
  const sameLease = !isLeased(record) || isPast === isLeaseOver(record);
  // A DONE record belongs to nobody any more.
  const sameOwner = state === "done" || (record.owner === view.owner && record.attempt === view.attempt);
  return state === view.state && sameOwner && sameLease;
}

async function ask(store: Store, owner: string, command: Command, nowUs: number): Promise<Effect["answer"]> {
  const who = { bot, owner, attempt: command.attempt, rules, nowUs };
  switch (command.verb) {
    case "admit":
      return (await store.admit({ ...who, ...times, claim: { id, mode: "send" } })).status;
    case "renew":
      return (await store.renew({ ...who, record: id, leaseUs: times.leaseUs })) ? "written" : "lost";
    case "settle":
      return (await store.settle({ ...who, record: id, as: command.as, ttlUs: times.ttlUs }))
        ? "written"
        : "lost";
    case "freeze": {
      const asked = { ...who, record: id, frozen: 0, retryAfterUs: 900, graceUs: times.graceUs };
      return (await store.freeze(asked)).status === "frozen" ? "written" : "lost";
    }
  }
}

type Pick = <T>(from: readonly T[]) => T;

function pickCommand(pick: Pick): Command {
  const attempt = pick([1, 2]);
  const verb = pick(["admit", "admit", "admit", "renew", "freeze", "settle"] as const);
  if (verb !== "settle") return { verb, attempt };
  return { verb, attempt, as: pick<Settlement>(["done", "free", "unsent", "ambiguous"]) };
}

/** The same picks for the same seed. */
function picker(seed: number): Pick {
  let x = seed * 2_654_435_761;
  return (from) => {
    x = (Math.imul(x ^ (x >>> 15), 2_246_822_519) + 374_761_393) | 0;
    return from[((x ^ (x >>> 13)) >>> 0) % from.length]!;
  };
}
