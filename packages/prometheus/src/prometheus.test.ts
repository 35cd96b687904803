import {
  type Call,
  createGuard,
  type Guard,
  type GuardOptions,
  measures,
  memoryStore,
  type Reply,
  type Store,
} from "@sendonce/core";
import { VirtualClock } from "@sendonce/core/testing";
import { Counter, Registry } from "prom-client";
import { expect, test } from "vitest";
import { observe } from "./index.js";

const delivered: Reply = { type: "response", body: { ok: true, result: { message_id: 1 } } };
let texts = 0;

const send = (guard: Guard, { bot = "4242", method = "sendMessage", payload = {} }: Partial<Call> = {}) =>
  guard.run({ bot, method, payload: { chat_id: 5, text: `${texts++}`, ...payload } }, async () => delivered);

function observed(options: GuardOptions = {}, registry = new Registry()) {
  const guard = createGuard(options);
  const stop = observe(guard, { registry });
  return { guard, registry, stop };
}

/** The value of a series as a scrape shows it; undefined where there is none. */
async function shown(registry: Registry, series: string): Promise<number | undefined> {
  const line = (await registry.metrics()).split("\n").find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length));
}

test("every measure is a metric of its name, with its help", async () => {
  const { registry } = observed();
  const text = await registry.metrics();
  for (const { prometheus, kind, help } of Object.values(measures)) {
    expect(text).toContain(`# HELP sendonce_${prometheus} ${help}\n# TYPE sendonce_${prometheus} ${kind}\n`);
  }
});

test("what a bot may count is there as 0 before it is more", async () => {
  const { guard, registry } = observed();
  await send(guard);
  const sent = 'sendonce_sent_total{bot="4242",method="sendMessage"}';
  expect(await shown(registry, sent)).toBe(1);
  expect(await shown(registry, 'sendonce_ambiguous_total{bot="4242",method="sendMessage"}')).toBe(0);
  expect(
    await shown(
      registry,
      'sendonce_duplicates_prevented_total{bot="4242",scope="content",method="sendMessage"}',
    ),
  ).toBe(0);
  expect(await shown(registry, 'sendonce_errors_total{class="store"}')).toBe(0);
  expect(await shown(registry, sent), "a second scrape counts nothing twice").toBe(1);
});

test("guards of one registry are added up, each once", async () => {
  const registry = new Registry();
  const one = observed({}, registry);
  const two = observed({}, registry);
  observe(one.guard, { registry });
  await send(one.guard);
  await send(two.guard);
  expect(await shown(registry, 'sendonce_sent_total{bot="4242",method="sendMessage"}')).toBe(2);
  expect(await shown(registry, 'sendonce_store_mode{mode="embedded"}')).toBe(2);
  two.stop();
  await send(two.guard);
  expect(await shown(registry, 'sendonce_sent_total{bot="4242",method="sendMessage"}')).toBe(2);
  expect(await shown(registry, 'sendonce_store_mode{mode="embedded"}')).toBe(1);
});

test("prefixes part them, and a cleared registry is a new one", async () => {
  const { guard, registry } = observed();
  observe(guard, { registry, prefix: "bots_" });
  await send(guard);
  expect(await shown(registry, 'bots_sent_total{bot="4242",method="sendMessage"}')).toBe(1);
  registry.clear();
  const after = observed({}, registry);
  await send(after.guard);
  expect(await shown(registry, 'sendonce_sent_total{bot="4242",method="sendMessage"}')).toBe(1);
});

test("a metric of somebody else under our name is an error that names it", () => {
  const registry = new Registry();
  new Counter({ name: "sendonce_sent_total", help: "another", registers: [registry] });
  expect(() => observed({}, registry)).toThrow(/sendonce_sent_total has already been registered/);
});

test("the bot-wide rules are read at the scrape: in use, of how many, at which rate", async () => {
  const { guard, registry } = observed({ clock: new VirtualClock() });
  for (let i = 0; i < 3; i++) await send(guard, { payload: { chat_id: i + 1 } });
  expect(await shown(registry, 'sendonce_rate_limit_tokens_in_use{bot="4242",rule="global"}')).toBe(3);
  expect(await shown(registry, 'sendonce_rate_limit_capacity{bot="4242",rule="global"}')).toBe(30);
  expect(await shown(registry, 'sendonce_rate_limit_rate_ratio{bot="4242",rule="global"}')).toBe(1);
  expect(await shown(registry, 'sendonce_rate_limit_capacity{bot="4242",rule="paid"}')).toBe(1000);
});

test("without tokens no store is asked for them", async () => {
  const guard = createGuard();
  const registry = new Registry();
  observe(guard, { registry, tokens: false });
  await send(guard);
  expect(await registry.metrics()).not.toContain("sendonce_rate_limit_capacity{");
});

test("histograms take buckets of one's own", async () => {
  const registry = new Registry();
  observe(createGuard(), { registry, buckets: { wait: [1, 2], store: [3] } });
  const guard = createGuard({ limits: false });
  observe(guard, { registry });
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const call = { bot: "1", method: "sendMessage", payload: { chat_id: 1, text: "same" } };
  const slow = async () => held.then(() => delivered);
  const both = [guard.run(call, slow), guard.run(call, slow)];
  setTimeout(release, 20);
  await Promise.all(both);
  expect(await shown(registry, 'sendonce_wait_seconds_bucket{le="2",bot="1",rule="twin"}')).toBe(1);
  expect(await registry.metrics()).not.toMatch(/wait_seconds_bucket\{le="(?!1"|2"|\+Inf")/);
});

test("a store that never answers costs a scrape two seconds and no more, and is down", async () => {
  const store: Store = { ...deaf(), name: "deaf" };
  const { guard, registry } = observed({ store, maxWaitMs: 0 });
  guard.announce("sent", { bot: "4242", method: "sendMessage", scope: "none", attempts: 1, waitedMs: 0 });
  const from = performance.now();
  expect(await shown(registry, "sendonce_store_up")).toBe(0);
  expect(performance.now() - from).toBeLessThan(4_000);
});

/** Takes everything and says nothing. */
function deaf(): Store {
  const never = () => new Promise<never>(() => {});
  const verbs = ["admit", "renew", "settle", "freeze", "inspect", "stats", "reset", "sweep", "ping"] as const;
  return Object.assign(Object.create(memoryStore()), Object.fromEntries(verbs.map((verb) => [verb, never])), {
    embedded: false,
    close: async () => {},
  }) as Store;
}
