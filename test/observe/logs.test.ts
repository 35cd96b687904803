import { Writable } from "node:stream";
import { redactChats } from "@sendonce/core";
import { redisStore } from "@sendonce/core/redis";
import { createGuard, type GuardOptions, install, type Logger } from "@sendonce/grammy";
import pino from "pino";
import { expect, onTestFinished, test } from "vitest";
import winston from "winston";
import { startRedis } from "../kit/redis/server.js";
import { botAt, eventually, telegram, token } from "../kit/telegram.js";

interface Line {
  readonly level: string;
  readonly event: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** Where a logger writes, and what has come: raw, and read line by line. */
function paper() {
  let text = "";
  const stream = new Writable({
    write(chunk, _, done) {
      text += chunk;
      done();
    },
  });
  return {
    stream,
    get text() {
      return text;
    },
    get lines(): Line[] {
      return text
        .trim()
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Line);
    },
  };
}

const levels = { formatters: { level: (level: string) => ({ level }) } };
const pinoTo = (stream: Writable, level = "debug"): Logger => pino({ level, ...levels }, stream);

async function loggedBot(logger: Logger, options: GuardOptions = {}) {
  const emulator = await telegram();
  const guard = createGuard({ logger, ...options });
  onTestFinished(() => guard.close());
  return { emulator, guard, api: install(botAt(emulator), guard).api };
}

test("pino has one line for each thing that an operator greps for, without text, token or payload", async () => {
  const log = paper();
  const { emulator, api } = await loggedBot(pinoTo(log.stream), { maxWaitMs: 3_000 });
  await api.sendMessage(5, "canary-text");
  await api.sendMessage(5, "canary-text");
  emulator.fault({ method: "sendMessage", chat: 6, kind: "429", retryAfter: 1 });
  await api.sendMessage(6, "canary-text");
  emulator.fault({ method: "sendMessage", chat: 7, kind: "cut-after" });
  await api.sendMessage(7, "canary-text").catch(() => {});
  await Promise.all(
    Array.from({ length: 21 }, (_, i) => api.sendMessage(-8, `canary-text ${i}`).catch(() => {})),
  );
  await eventually(() => log.lines.some(({ event }) => event === "thaw"), "a thaw");

  const found = (event: string) => log.lines.filter((line) => line.event === event);
  expect(found("keyChecked").slice(0, 2)).toMatchObject([
    { level: "debug", duplicate: false, scope: "content", msg: "idempotency check: new" },
    { level: "debug", duplicate: true, scope: "content", msg: "idempotency check: duplicate (done)" },
  ]);
  expect(found("limitChecked")[0]).toMatchObject({
    level: "debug",
    allowed: true,
    rules: ["chat", "global"],
    remaining: { chat: 19 },
    msg: "rate-limit check: allowed",
  });
  expect(found("replayed")).toMatchObject([{ level: "info", msg: "duplicate: not sent again" }]);
  expect(found("freeze")).toMatchObject([{ level: "warn", rule: "chat", retryAfterMs: 1_000, chat: "6" }]);
  expect(found("thaw")).toMatchObject([{ level: "info", rule: "chat", frozenMs: 1_000, chat: "6" }]);
  expect(found("wait")[0]).toMatchObject({ level: "warn", rule: "chat", msg: "waiting for a turn" });
  expect(found("failed")).toMatchObject([{ level: "error", outcome: "unknown", chat: "7" }]);
  expect(found("refused")).toMatchObject([
    {
      level: "warn",
      code: "rate_limited",
      rule: "group",
      retryAfterMs: expect.any(Number),
      msg: "limit exceeded: refused",
    },
  ]);
  expect(log.lines.every(({ event }) => typeof event === "string")).toBe(true);
  expect(log.text).not.toMatch(/canary/);
  expect(log.text).not.toContain(token);
});

test("at pino's own level the ordinary is silent", async () => {
  const log = paper();
  const { api } = await loggedBot(pinoTo(log.stream, "info"));
  await api.sendMessage(5, "a");
  expect(log.text).toBe("");
  await api.sendMessage(5, "a");
  expect(log.lines.map(({ event }) => event)).toEqual(["warning", "replayed"]);
});

test("the store lost and back are an error and an info, with the mode fallen into, and without its password", async () => {
  const log = paper();
  const redis = await startRedis({ password: "canary-password" });
  const store = redisStore(redis.url, { commandTimeoutMs: 200 });
  const { api } = await loggedBot(pinoTo(log.stream, "info"), { store });
  onTestFinished(() => store.close());
  await api.sendMessage(5, "before");
  await redis.kill();
  for (let chat = 1; chat <= 4; chat++) await api.sendMessage(chat, "during");
  await redis.restart();
  await eventually(
    () => log.lines.some(({ event, mode }) => event === "mode" && mode === "shared"),
    "the store is back",
  );
  const told = log.lines.filter(({ event }) => event === "mode");
  expect(told).toMatchObject([
    { level: "error", mode: "local", msg: "the store is away: local" },
    { level: "info", mode: "shared", msg: "the store is back" },
  ]);
  expect(
    log.lines.filter(({ event }) => event === "storeError").every(({ level }) => level === "error"),
  ).toBe(true);
  expect(log.text).not.toContain("canary");
});

test("chats are strangers where the logger is told none", async () => {
  const log = paper();
  const { api } = await loggedBot(redactChats(pinoTo(log.stream), "a secret"));
  await api.sendMessage(777000111, "a");
  await api.sendMessage(777000111, "b");
  const chats = new Set(log.lines.map(({ chat }) => chat).filter(Boolean));
  expect(chats.size).toBe(1);
  expect([...chats][0]).toMatch(/^#[\w-]{12}$/);
  expect(log.text).not.toContain("777000111");
});

test("winston takes the same lines by an adapter of four methods", async () => {
  const log = paper();
  const logger = winston.createLogger({
    level: "info",
    transports: [new winston.transports.Stream({ stream: log.stream })],
  });
  const at = (level: "debug" | "info" | "warn" | "error") => (fields: object, message: string) =>
    void logger.log(level, message, { ...fields });
  const { api } = await loggedBot({
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    isLevelEnabled: (level) => logger.isLevelEnabled(level),
  });
  await api.sendMessage(5, "a");
  await api.sendMessage(5, "a");
  expect(log.lines.map(({ event, level, message }) => [event, level, message])).toEqual([
    ["warning", "warn", expect.stringContaining("delivery({ key })")],
    ["replayed", "info", "duplicate: not sent again"],
  ]);
});
