import { createCipheriv, createDecipheriv, randomBytes, randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createGuard, type GuardOptions, guardUpdates, isSendonceRefusal, memoryStore } from "@sendonce/core";
import { redisStore } from "@sendonce/core/redis";
import type { Fault } from "@sendonce/emulator";
import { broadcast, install, type MessageFor } from "@sendonce/grammy";
import { Bot, webhookCallback } from "grammy";
import type { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { type RedisServer, startRedis } from "../kit/redis/server.js";
import { botInfo, telegram } from "../kit/telegram.js";
import { startWorker } from "../kit/worker.js";
import { Canaries } from "./kit/canaries.js";
import { type Door, doors, type Said } from "./kit/doors.js";
import { Witness } from "./kit/witness.js";

/**
 * Secrets are put into every input, everything is driven through every door and every failure, and then all that
 * anybody could read is searched for them, in every spelling.
 *
 * Exempt, and nothing else:
 * - the fields `payload` (grammY) and `on` (Telegraf) of an error that a call of the user's own throws: the
 *   frameworks put the caller's own payload there, for the caller alone
 * - Telegram's own words in Telegram's own refusal, which reach the caller as they were said
 */
const content = [
  "text",
  "caption",
  "file",
  "file name",
  "entity",
  "button",
  "callback data",
  "question",
  "description",
] as const;

/** One bot, its Telegram and its secrets. */
async function scene() {
  const canaries = new Canaries();
  const witness = new Witness().listen();
  const emulator = await telegram({ limits: false });
  const id = randomInt(1_000_000_000, 9_999_999_999);
  const token = `${id}:${canaries.plant("token")}`;
  const options: GuardOptions = {
    idempotency: { secret: [canaries.plant("secret"), canaries.plant("older secret")] },
    flood: { retries: 0 },
    maxWaitMs: 2_000,
    logger: witness.logger,
  };
  return { canaries, witness, emulator, id, token, options };
}

type Scene = Awaited<ReturnType<typeof scene>>;

let chats = 1_000;

/** A text with everything that a text can have, a picture and a poll, each to a chat of its own. */
function sayings({ canaries }: Scene): { text: Said; photo: Said; poll: Said } {
  const text = `Dear ${canaries.plant("text")}`;
  const keyboard = [[{ text: canaries.plant("button"), callback_data: canaries.plant("callback data") }]];
  return {
    text: {
      method: "sendMessage",
      payload: {
        chat_id: chats++,
        text,
        entities: [
          { type: "text_link", offset: 0, length: 4, url: `https://${canaries.plant("entity")}.example` },
        ],
        reply_markup: { inline_keyboard: keyboard },
      },
      key: `invoice-${canaries.plant("given key")}`,
    },
    photo: {
      method: "sendPhoto",
      payload: { chat_id: chats++, caption: canaries.plant("caption") },
      file: { name: `${canaries.plant("file name")}.jpg`, bytes: Buffer.from(canaries.plant("file")) },
    },
    poll: {
      method: "sendPoll",
      payload: {
        chat_id: chats++,
        question: canaries.plant("question"),
        options: [{ text: "a" }, { text: "b" }],
      },
    },
  };
}

/** What Telegram or the network answers to one call. */
const failures = (quoted: string): readonly (readonly [string, Omit<Fault, "chat"> & object])[] => [
  ["400", { kind: "error", code: 400, description: `Bad Request: can't parse "${quoted}"` } as never],
  ["403", { kind: "error", code: 403, description: `Forbidden: ${quoted}` } as never],
  ["429", { kind: "429", retryAfter: 1 } as never],
  ["502", { kind: "html" } as never],
  ["500", { kind: "error", code: 500, description: `Internal: ${quoted}` } as never],
  ["reset", { kind: "cut-before" } as never],
  ["lost reply", { kind: "cut-after" } as never],
];

/** Calls, and notes what its caller gets to see: the result is his own, an error is looked at. */
async function attempt({ witness }: Scene, door: Door, what: string, said: Said, signal?: AbortSignal) {
  try {
    await door.call(said, signal);
    return "ok";
  } catch (error) {
    const own = error as { payload?: unknown; on?: unknown; error_code?: unknown; parameters?: unknown };
    const telegrams =
      !isSendonceRefusal(error) && (typeof own.error_code === "number" || "on" in (own as object));
    Reflect.deleteProperty(own as object, "payload");
    Reflect.deleteProperty(own as object, "on");
    witness.note(
      telegrams ? `${door.name}: Telegram's words (${what})` : `${door.name}: error (${what})`,
      error,
    );
    return isSendonceRefusal(error) ? (error.parameters.sendonce.code as string) : "error";
  }
}

/** Everything that can happen to a message, one after the other. */
async function throughAll(world: Scene, door: Door): Promise<Record<string, string>> {
  const { emulator, canaries } = world;
  const ends: Record<string, string> = {};
  const { text, photo, poll } = sayings(world);
  for (const said of [text, photo, poll]) ends[said.method] = await attempt(world, door, "ok", said);
  ends.again = await attempt(world, door, "replayed", text);
  const other = { ...text, payload: { ...text.payload, text: `Other ${canaries.plant("text")}` } };
  ends.mismatch = await attempt(world, door, "mismatch", other);
  for (const [name, fault] of failures(canaries.plant("description"))) {
    const { text: said } = sayings(world);
    emulator.fault({ ...fault, chat: said.payload.chat_id as number } as Fault);
    ends[name] = await attempt(world, door, name, said);
    ends[`${name} again`] = await attempt(world, door, `${name} again`, said);
  }
  const { text: late } = sayings(world);
  ends.aborted = await attempt(world, door, "aborted", late, AbortSignal.abort());
  emulator.fault({ kind: "hang", chat: late.payload.chat_id as number });
  ends.hung = await attempt(world, door, "hung", late, AbortSignal.timeout(40));
  return ends;
}

/** Writes down every command that the server is told, with its arguments. */
async function overhear(admin: Redis, told: string[]): Promise<void> {
  const listener = admin.duplicate();
  listener.on("error", () => {});
  const monitor = await listener.monitor();
  monitor.on("error", () => {});
  monitor.on("monitor", (_time: string, args: string[]) => told.push(args.join(" ")));
  onTestFinished(() => {
    monitor.disconnect();
    listener.disconnect();
  });
}

/** Where a secret was found, e.g. `"text in event sent"`. */
function leaks({ canaries, witness }: Scene): string[] {
  return witness.seen.flatMap(({ where, text }) => {
    const telegrams = where.includes("Telegram's words");
    const found = canaries.in(text).filter((place) => !(telegrams && content.includes(place as never)));
    return found.map((place) => `${place} in ${where}: …${around(text, canaries.plant(place))}…`);
  });
}

function around(text: string, secret: string): string {
  const at = Math.max(0, text.indexOf(secret) - 80);
  return text.slice(at, at + 160);
}

/** Every key with its value, the dump of each, the whole file of the database, and what the server was told. */
async function lookAt({ witness }: Scene, server: RedisServer, admin: Redis, told: readonly string[]) {
  for await (const batch of admin.scanStream()) {
    for (const key of batch as string[]) {
      witness.note("Redis key", key);
      const value = await admin.getBuffer(key).catch(() => undefined);
      witness.note(
        "Redis value",
        `${value?.toString("latin1")} ${(await admin.dumpBuffer(key))?.toString("latin1")}`,
      );
    }
  }
  await admin.save();
  witness.note("RDB file", readFileSync(join(server.dir, "dump.rdb")).toString("latin1"));
  witness.note("MONITOR", told.join("\n"));
  expect(told.length).toBeGreaterThan(100);
}

const own = { sendMessage: "ok", sendPhoto: "ok", sendPoll: "ok", again: "ok" };

/** How the calls of `throughAll` end where the store is there. */
const expected = {
  ...own,
  ...{ "400": "error", "400 again": "ok", "403": "error", "403 again": "ok", "429": "error" },
  ...{ "502": "error", "500": "error", reset: "error", "lost reply": "error" },
  ...{ aborted: "error", hung: "error" },
};

async function secretRedis({ canaries }: Scene) {
  const [user, password] = [canaries.plant("Redis user"), canaries.plant("Redis password")];
  const server = await startRedis({
    acl: [`user ${user} on >${password} ~sendonce:* +@all`],
    config: { rdbcompression: "no" },
  });
  return { server, url: server.urlFor(user, password), admin: server.client() };
}

test("no secret is in Redis, in a log, in an event, in a warning or in an error, whatever happens to a message", async () => {
  const world = await scene();
  const { witness, token, emulator, options } = world;
  const { server, url, admin } = await secretRedis(world);
  const told: string[] = [];
  await overhear(admin, told);
  await Promise.all(
    doors.map(async (make) => {
      const store = redisStore(url, { redis: {} });
      onTestFinished(() => store.close());
      const guard = witness.watch(createGuard({ ...options, store }));
      const door = make(token, emulator, guard);
      const ends = await throughAll(world, door);
      expect({ door: door.name, ...ends }).toMatchObject(expected);
      await guard.close();
      await attempt(world, door, "closed", sayings(world).text);
      witness.note("guard", guard);
      witness.note("store", store);
    }),
  );
  await lookAt(world, server, admin, told);
  expect(leaks(world)).toEqual([]);
});

test("no secret is asked of a store, or is in an error, when there is no Redis", async () => {
  const world = await scene();
  const { witness, token, emulator, options } = world;
  await Promise.all(
    doors.map(async (make) => {
      const store = memoryStore();
      const guard = witness.watch(createGuard({ ...options, store: witness.between(store) }));
      await throughAll(world, make(token, emulator, guard));
      witness.note("guard", guard);
      witness.note("memory store", store);
      await guard.close();
    }),
  );
  expect(witness.seen.filter(({ where }) => where === "store admit").length).toBeGreaterThan(40);
  expect(leaks(world)).toEqual([]);
});

interface Spoiling {
  readonly server: RedisServer;
  readonly admin: Redis;
  readonly bot: number;
  readonly user: string;
}

test.for<[string, (redis: Spoiling) => unknown]>([
  ["dead", ({ server }) => server.kill()],
  ["of another password", ({ admin, user }) => admin.call("ACL", "SETUSER", user, "resetpass", ">other")],
  ["out of memory", ({ admin }) => admin.config("SET", "maxmemory", "1")],
  ["mute", ({ server }) => server.pause()],
  ["used by somebody else", ({ admin, bot }) => admin.set(`sendonce:{${bot}}:1:l:global`, "not ours")],
])("no secret is told of a Redis that is %s", async ([, spoil]) => {
  const world = await scene();
  const { canaries, witness, token, emulator, options, id } = world;
  const { server, url, admin } = await secretRedis(world);
  await admin.ping();
  await spoil({ server, admin, bot: id, user: canaries.plant("Redis user") });
  const visits = (["local", "reject", "allow-all"] as const).flatMap((whenStoreDown) =>
    doors.slice(0, 3).map(async (make) => {
      const store = redisStore(url, { commandTimeoutMs: 60, connectTimeoutMs: 100, redis: {} });
      onTestFinished(() => store.close());
      const guard = witness.watch(createGuard({ ...options, store, whenStoreDown }));
      const door = make(token, emulator, guard);
      const { text, photo } = sayings(world);
      await attempt(world, door, "no store", { ...text, key: `${text.key} ${door.name} ${whenStoreDown}` });
      await attempt(world, door, "no store", photo);
      await guard.idempotency
        .markOperationStart(`${text.key}`)
        .catch((error) => witness.note("error", error));
      await guard.limiter.acquire(7, "CHAT").catch((error) => witness.note("error", error));
      witness.note("guard", guard);
    }),
  );
  await Promise.all(visits);
  if (server.running) server.resume();
  expect(witness.seen.some(({ where }) => /mode|storeError|error/.test(where))).toBe(true);
  expect(leaks(world)).toEqual([]);
});

test("no secret of an update, of a webhook or of its person is told", async () => {
  const world = await scene();
  const { canaries, witness, token, emulator, options, id } = world;
  const store = witness.between(memoryStore());
  const guard = witness.watch(createGuard({ ...options, store }));
  const secretToken = canaries.plant("webhook secret");
  const bot = install(
    new Bot(token, { botInfo: { ...botInfo, id }, client: { apiRoot: emulator.url } }),
    guard,
  );
  const refused: unknown[] = [];
  bot.on("message", async (ctx) => {
    await ctx.reply(`You said ${ctx.message.text}`).catch((error) => {
      refused.push(error);
      throw error;
    });
  });
  const hook = webhookCallback(bot, "std/http", { secretToken });
  const deliver = (update_id: number, chat: number, header = secretToken) =>
    hook(
      new Request("http://127.0.0.1/", {
        method: "POST",
        headers: { "content-type": "application/json", "x-telegram-bot-api-secret-token": header },
        body: JSON.stringify(updateOf(update_id, chat)),
      }),
    );
  const updateOf = (update_id: number, chat: number) => {
    const from = {
      id: chat,
      is_bot: false,
      first_name: canaries.plant("first name"),
      last_name: canaries.plant("last name"),
      username: canaries.plant("username"),
    };
    const message = {
      message_id: 1,
      date: 1,
      chat: { ...from, type: "private" },
      from,
      text: canaries.plant("text"),
    };
    return { update_id, message };
  };
  await deliver(1, 11);
  await deliver(1, 11);
  await deliver(2, 12, "wrong");
  emulator.fault({ kind: "cut-after", chat: 13 });
  await deliver(3, 13).catch((error) => witness.note("handler", error.message));
  await deliver(3, 13);
  expect(refused).toHaveLength(2);

  const once = guardUpdates(token, guard);
  for (const answer of [
    await once(updateOf(4, 14), () => {}),
    await once(updateOf(4, 14), () => {}),
    await once({ update_id: canaries.plant("text") }, () => {}),
  ])
    witness.note("guardUpdates", answer);
  witness.note("guard", guard);
  expect(emulator.ledger.received(11)).toHaveLength(1);
  expect(leaks(world)).toEqual([]);
});

test("no secret of a broadcast or of the parts is told", async () => {
  const world = await scene();
  const { canaries, witness, token, emulator, options, id } = world;
  const { server, url, admin } = await secretRedis(world);
  const told: string[] = [];
  await overhear(admin, told);
  const store = redisStore(url, { redis: {} });
  onTestFinished(() => store.close());
  const guard = witness.watch(createGuard({ ...options, store }));
  const bot = install(
    new Bot(token, { botInfo: { ...botInfo, id }, client: { apiRoot: emulator.url } }),
    guard,
  );

  const people = Array.from({ length: 30 }, (_, i) => ({ chat_id: 5_000 + i, name: canaries.plant("item") }));
  emulator.fault({
    kind: "error",
    code: 403,
    description: "Forbidden: bot was blocked by the user",
    chat: 5_003,
  });
  emulator.fault({ kind: "cut-after", chat: 5_004 });
  const letter: MessageFor<(typeof people)[number]> = ({ name }) => ({ text: `Dear ${name}` });
  const run = broadcast(bot, people, letter, { id: "news" });
  for await (const progress of run) witness.note("progress", progress);
  expect(await run).toMatchObject({ sent: 28, failed: 2 });

  const { idempotency, limiter } = guard;
  const key = idempotency.generateKey(["charge", canaries.plant("part of a key")]);
  witness.note("generated key", key);
  for (const name of [key, canaries.plant("operation")]) {
    const start = await idempotency.markOperationStart(name);
    witness.note("start", start);
    if (start.started) await idempotency.markOperationComplete(name, start.owner, { paid: true });
    witness.note("again", await idempotency.markOperationStart(name));
    witness.note("error", await idempotency.markOperationStart("").catch((error: unknown) => error));
  }
  witness.note("limit", await limiter.acquire(5_001, "CHAT"));
  await lookAt(world, server, admin, told);
  expect(leaks(world)).toEqual([]);
});

test("a text is in the store with result: full, and is not with a codec that encrypts", async () => {
  const world = await scene();
  const { canaries, witness, token, emulator, options } = world;
  const { url, admin, server } = await secretRedis(world);
  const door = (idempotency: object) => {
    const store = redisStore(url, { redis: {} });
    onTestFinished(() => store.close());
    const guard = witness.watch(
      createGuard({ ...options, store, idempotency: { result: "full", ...idempotency } }),
    );
    return doors[0]!(token, emulator, guard);
  };
  const { text } = sayings(world);
  await door({}).call(text);
  await lookAt(world, server, admin, Array.from({ length: 101 }, String));
  expect(new Set(leaks(world).map((leak) => leak.split(":")[0]))).toEqual(
    new Set(
      ["text", "entity", "button", "callback data"].flatMap((what) => [
        `${what} in Redis value`,
        `${what} in RDB file`,
      ]),
    ),
  );
  await admin.flushall();
  witness.seen.length = 0;
  const codec = { encode: (plain: string) => sealed(plain), decode: (stored: string) => opened(stored) };
  expect(await door({ codec }).call(text)).toMatchObject({ text: text.payload.text });
  expect(await door({ codec }).call(text)).toMatchObject({ text: text.payload.text, from: {} });
  await lookAt(world, server, admin, Array.from({ length: 101 }, String));
  expect(leaks(world)).toEqual([]);
  expect(canaries.places).toContain("text");
});

const key = randomBytes(32);

function sealed(plain: string): string {
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  return Buffer.concat([iv, cipher.update(plain, "utf8"), cipher.final(), cipher.getAuthTag()]).toString(
    "base64",
  );
}

function opened(stored: string): string {
  const bytes = Buffer.from(stored, "base64");
  const cipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, 12)).setAuthTag(bytes.subarray(-16));
  return Buffer.concat([cipher.update(bytes.subarray(12, -16)), cipher.final()]).toString("utf8");
}

test("no secret is printed by a bot with a console for its logger, nor by one without a logger", async () => {
  const world = await scene();
  const { canaries, witness, token, emulator } = world;
  const { server, url } = await secretRedis(world);
  const wrong = url.replace(canaries.plant("Redis password"), canaries.plant("wrong password"));
  const environment = (more: Record<string, string>) => ({
    BOT_TOKEN: token,
    API_ROOT: emulator.url,
    REDIS_URL: url,
    TEXT: canaries.plant("text"),
    KEY: canaries.plant("given key"),
    SECRET: canaries.plant("secret"),
    ...more,
  });
  const talkers = [{ LOGGER: "console" }, { REDIS_URL: wrong }].map((more) =>
    startWorker("security/workers/talker.ts", environment(more)),
  );
  await Promise.all(
    talkers.map(async (talker) => {
      await talker.says("done");
      expect(await talker.end()).toBe(0);
      witness.note("stdout", talker.lines.join("\n"));
      witness.note("stderr", talker.stderr);
    }),
  );
  expect(server.running).toBe(true);
  expect(talkers[0]?.lines.length).toBeGreaterThan(3);
  expect(leaks(world)).toEqual([]);
});
