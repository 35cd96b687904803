import { redisStore } from "@sendonce/core/redis";
import { createGuard, install } from "@sendonce/grammy";
import { observe } from "@sendonce/prometheus";
import { Registry } from "prom-client";
import { expect, onTestFinished, test } from "vitest";
import { type RedisServer, startRedis } from "../kit/redis/server.js";
import { botAt, telegram, token } from "../kit/telegram.js";
import { Scraped, serveMetrics } from "./scraped.js";

const password = "canary-password";
const bot = "4242";

/** A bot over a Redis of its own, scraped over HTTP. */
async function scrapedBot() {
  const emulator = await telegram();
  const redis = await startRedis({ password });
  const store = redisStore(redis.url, { commandTimeoutMs: 200 });
  const guard = createGuard({ store, logger: { debug() {}, info() {}, warn() {}, error() {} } });
  const registry = new Registry();
  observe(guard, { registry });
  onTestFinished(async () => {
    await guard.close();
    await store.close();
  });
  const grammy = install(botAt(emulator), guard);
  const url = await serveMetrics(registry);
  return { emulator, redis, guard, bot: grammy, api: grammy.api, scrape: () => Scraped.from(url) };
}

test("every number is that of Telegram's own ledger", async () => {
  const { emulator, guard, bot: grammy, api, scrape } = await scrapedBot();
  const asked = { sends: 0 };
  const send = (chat: number, text: string, more = {}) => {
    asked.sends++;
    return api.sendMessage(chat, text, more);
  };

  for (let chat = 1; chat <= 5; chat++) await send(chat, "canary-text");
  for (let time = 0; time < 3; time++) await send(1, "canary-text");
  for (let time = 0; time < 3; time++) await send(2, "paid", { allow_paid_broadcast: true });
  emulator.fault({ method: "sendMessage", chat: 7, kind: "429", retryAfter: 1 });
  await send(7, "flooded");
  emulator.fault({ method: "sendMessage", chat: 8, kind: "cut-after" });
  for (let time = 0; time < 2; time++) await send(8, "lost").catch(() => {});
  emulator.fault({
    method: "sendMessage",
    chat: 9,
    kind: "error",
    code: 403,
    description: "Forbidden: blocked",
  });
  await send(9, "blocked").catch(() => {});
  grammy.on("message:text", (ctx) => ctx.reply("pong"));
  const message = {
    message_id: 1,
    date: 1,
    chat: { id: 777000111, type: "private", first_name: "A" },
    text: "ping",
  };
  const from = { id: 777000111, is_bot: false, first_name: "A" };
  for (let time = 0; time < 2; time++)
    await grammy.handleUpdate({ update_id: 5, message: { ...message, from } } as never);
  asked.sends++;

  const shown = await scrape();
  const { ledger } = emulator;
  const answered = (status: number) =>
    ledger.requests({ method: "sendMessage" }).filter((one) => one.status === status);
  const sent = shown.sum("sendonce_sent_total", { bot, method: "sendMessage" });
  const ambiguous = shown.sum("sendonce_ambiguous_total", { bot, method: "sendMessage" });
  const prevented = shown.sum("sendonce_duplicates_prevented_total", { bot, scope: "content" });
  const refused = shown.sum("sendonce_refusals_total", { bot });
  expect(sent + ambiguous).toBe(ledger.count({ method: "sendMessage" }));
  expect(ambiguous).toBe(1);
  expect(shown.sum("sendonce_floods_total", { bot })).toBe(ledger.floods().length);
  expect(shown.sum("sendonce_floods_total", { bot, rule: "chat" })).toBe(1);
  expect(shown.sum("sendonce_frozen_seconds_total", { bot, rule: "chat" })).toBe(1);
  expect(shown.sum("sendonce_errors_total", { bot, class: "rejected" })).toBe(answered(403).length);
  expect(shown.sum("sendonce_errors_total", { bot, class: "unknown" })).toBe(1);
  expect(prevented).toBe(5);
  expect(refused).toBe(1);
  expect(sent + ambiguous + answered(403).length + prevented + refused).toBe(asked.sends);
  expect(shown.sum("sendonce_idempotency_checks_total", { bot })).toBe(asked.sends);
  expect(shown.sum("sendonce_idempotency_checks_total", { bot, result: "hit" })).toBe(prevented + refused);
  expect(shown.sum("sendonce_duplicate_stars_prevented_total", { bot })).toBeCloseTo(0.2);
  expect(shown.sum("sendonce_updates_dropped_total", { bot })).toBe(1);
  expect(shown.sum("sendonce_wait_seconds_count", { bot, rule: "chat" })).toBe(1);
  expect(shown.sum("sendonce_wait_seconds_sum", { bot, rule: "chat" })).toBeCloseTo(1, 0);
  expect(shown.sum("sendonce_rate_limit_capacity", { bot, rule: "global" })).toBe(30);
  expect(shown.sum("sendonce_store_up")).toBe(1);
  expect(shown.sum("sendonce_store_mode", { mode: "shared" })).toBe(1);
  expect(shown.sum("sendonce_store_round_trip_seconds_count", { verb: "settle" })).toBeGreaterThanOrEqual(
    sent,
  );
  expect(shown.sum("sendonce_calls_open")).toBe(0);
  expect(shown.text).not.toMatch(/canary|777000111|test-token/);
  expect(shown.text).not.toContain(token);
  expect(guard.store.name).not.toContain(password);
});

test("an outage is told by the scrapes, which it neither fails nor holds up, and what was owed is paid", async () => {
  const { emulator, redis, api, scrape } = await scrapedBot();
  await api.sendMessage(1, "before");
  await redis.kill();
  for (let chat = 1; chat <= 4; chat++) await api.sendMessage(chat, "during");
  const from = performance.now();
  const away = await scrape();
  expect(performance.now() - from).toBeLessThan(4_000);
  expect(away.sum("sendonce_store_up")).toBe(0);
  expect(away.sum("sendonce_store_mode", { mode: "local" })).toBe(1);
  expect(away.sum("sendonce_store_mode", { mode: "shared" })).toBe(0);
  expect(away.sum("sendonce_outcomes_owed")).toBe(4);
  expect(away.sum("sendonce_errors_total", { class: "store" })).toBeGreaterThan(0);
  expect(away.sum("sendonce_sent_total", { bot })).toBe(emulator.ledger.count());

  await redis.restart();
  const back = await untilUp(scrape);
  expect(back.sum("sendonce_store_mode", { mode: "shared" })).toBe(1);
  expect(back.sum("sendonce_outcomes_owed")).toBe(0);
});

test("a Redis that hangs is down, and a scrape goes on without it", async () => {
  const { redis, api, scrape } = await scrapedBot();
  await api.sendMessage(1, "before");
  pausedUntilTheEnd(redis);
  const from = performance.now();
  const shown = await scrape();
  expect(performance.now() - from).toBeLessThan(4_000);
  expect(shown.sum("sendonce_store_up")).toBe(0);
  expect(shown.sum("sendonce_sent_total", { bot })).toBe(1);
});

function pausedUntilTheEnd(redis: RedisServer): void {
  redis.pause();
  onTestFinished(() => redis.resume());
}

/** The breaker looks once a second. */
async function untilUp(scrape: () => Promise<Scraped>): Promise<Scraped> {
  for (let tries = 0; tries < 50; tries++) {
    const shown = await scrape();
    if (shown.sum("sendonce_store_up") === 1 && shown.sum("sendonce_outcomes_owed") === 0) return shown;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("the store did not come back");
}
