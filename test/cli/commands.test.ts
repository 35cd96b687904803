import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGuard, delivery, type Guard } from "@sendonce/core";
import { leaderOf, readRecordHead, recordKey, redisStore, ruleKey } from "@sendonce/core/redis";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { sharedCluster } from "../kit/redis/cluster.js";
import { type RedisServer, startRedis } from "../kit/redis/server.js";
import { builtProgram } from "./built.js";
import { answered, lost, record } from "./prepared.js";
import { everythingSaid, sendonce } from "./sendonce.js";

const password = "canary-password-51c0";
const text = "canary text of a message";
const secret = "canary-secret-9d1e";
const bot = "4242";

let server: RedisServer;

/** A database of its own on the file's server, for one test. */
let databases = 0;
function corner() {
  const url = `${server.url}/${++databases}`;
  const own = redisStore(url);
  onTestFinished(() => own.close());
  return { url, store: own, client: server.client({ db: databases }) };
}

const sending = (
  guard: Guard,
  chat: number,
  more: object = {},
  send: typeof answered | typeof lost = answered,
) => guard.run({ bot, method: "sendMessage", payload: { chat_id: chat, text, ...more } }, send);

beforeAll(async () => {
  server = await startRedis({ password, config: { databases: "32" } });
});

describe("a record", () => {
  test("is shown without text, whatever state it is in, and found by its key or by what that is made of", async () => {
    const { url, store, client } = corner();
    const id = await record(store, {
      bot,
      chat: "7",
      key: "invoice-42",
      as: "done",
      result: JSON.stringify({ text }),
    });
    await record(store, { bot, chat: "7", key: "open" });
    await record(store, { bot, chat: "@shop", key: "lost", as: "ambiguous" });
    const dump = (await client.dumpBuffer(recordKey(bot, id)))!;
    await client.call("RESTORE", recordKey(bot, id), 60_000, dump, "REPLACE", "IDLETIME", "300");
    const [done, open, lost, none] = await Promise.all([
      sendonce(url, "inspect", id),
      sendonce(url, "inspect", "--json", "--given", "open", "--chat", "7"),
      sendonce(url, "inspect", "--given", "lost", "--chat", "@Shop"),
      sendonce(url, "inspect", "--given", "never", "--chat", "7"),
    ]);
    expect(done.out).toMatch(/^state +done: Telegram has it[^\n]*\n/m);
    expect(done.out).toMatch(/^untouched +for 5 min$/m);
    expect(done.out).toMatch(/^result +stored \(\d+ B\)$/m);
    expect(JSON.parse(open.out)).toMatchObject({ bot, state: "sending", owner: "owner-of-open", attempt: 0 });
    expect(JSON.parse(open.out).leaseEndsInMs).toBeGreaterThan(10_000);
    expect(lost.out).toMatch(/^state +ambiguous: nobody knows/m);
    expect(none).toMatchObject({
      code: 1,
      err: expect.stringMatching(/has no record k[\s\S]*→ check the key/),
    });
  });

  test("of a bot with a secret is found by the file of its secrets", async () => {
    const { url, store } = corner();
    const guard = createGuard({ store, limits: false, idempotency: { secret } });
    await sending(guard, 7, delivery({ key: "k" }));
    const folder = mkdtempSync(join(tmpdir(), "sendonce-secret-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "secret");
    writeFileSync(file, `a-newer-one\n${secret}\n`);
    const { code, out } = await sendonce(
      url,
      "inspect",
      "--given",
      "k",
      "--chat",
      "7",
      "--secret-file",
      file,
    );
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining("done") });
  });

  test("in doubt is settled by who has looked; any other is left alone", async () => {
    const { url, store } = corner();
    const ids: string[] = [];
    for (const key of ["went", "did-not"])
      ids.push(await record(store, { bot, chat: "7", key, as: "ambiguous" }));
    await record(store, { bot, chat: "7", key: "open" });
    const [went, didNot, open, unsaid] = await Promise.all([
      sendonce(url, "resolve", ids[0]!, "--sent"),
      sendonce(url, "resolve", ids[1]!, "--not-sent"),
      sendonce(url, "resolve", "--given", "open", "--chat", "7", "--sent"),
      sendonce(url, "resolve", ids[0]!),
    ]);
    expect([went.code, didNot.code, open.code, unsaid.code]).toEqual([0, 0, 1, 2]);
    expect((await store.inspect(bot, ids[0]!))?.state).toBe("done");
    expect(await store.inspect(bot, ids[1]!)).toBeUndefined();
    expect(open.err).toContain("is sending, not ambiguous");
    expect(unsaid.err).toContain("--sent or --not-sent");
  });

  test("reads from its first letters as the scripts read it", async () => {
    const { store, client } = corner();
    for (const as of ["done", "ambiguous", undefined] as const) {
      const id = await record(store, { bot, chat: "7", key: `as ${as}`, ...(as && { as }) });
      const { nowUs } = await store.ping();
      const view = await store.inspect(bot, id);
      const head = readRecordHead((await client.get(recordKey(bot, id)))!, nowUs);
      expect(head).toEqual({ state: view?.state, expiresUs: view?.expiresUs });
      if (as === undefined)
        expect(readRecordHead((await client.get(recordKey(bot, id)))!, nowUs + 31e6)?.state).toBe(
          "ambiguous",
        );
    }
    expect(readRecordHead("hello", 0)).toBeUndefined();
  });
});

describe("what Redis holds", () => {
  test("is counted by bot and state, read in part where a bound says so, and never by KEYS", async () => {
    const { url, store, client } = corner();
    for (const [at, as] of (["done", "done", "ambiguous", undefined] as const).entries())
      await record(store, { bot, chat: "7", key: `${at}`, ...(as && { as }) });
    await record(store, { bot: "shop", chat: "7", key: "x", as: "done" });
    for (let n = 0; n < 1_500; n++) await client.set(`other:${n}`, 1);
    await client.config("RESETSTAT");
    const [all, part] = await Promise.all([
      sendonce(url, "stats", "--json"),
      sendonce(url, "stats", "--json", "--max-keys", "500"),
    ]);
    const bots = JSON.parse(all.out).bots as { bot: string; records: object; memoryBytes: number }[];
    expect(bots.map((one) => one.bot)).toEqual([bot, "shop"]);
    expect(bots[0]?.records).toEqual({ reserved: 0, sending: 1, ambiguous: 1, done: 2, foreign: 0 });
    expect(bots[0]?.memoryBytes).toBeGreaterThan(300);
    expect(part.err).toContain("stopped after looking at 500 keys");
    expect(await client.info("commandstats")).not.toMatch(/cmdstat_(keys|flushall|flushdb):/);
  });

  test("is asked for by bot where there are several", async () => {
    const { url, store } = corner();
    for (const one of ["1001", "1002"]) await record(store, { bot: one, chat: "7", key: "x" });
    const [several, named] = await Promise.all([
      sendonce(url, "inspect", "--given", "x", "--chat", "7"),
      sendonce(
        url,
        "inspect",
        "--given",
        "x",
        "--chat",
        "7",
        "--bot",
        `1002:${"canaryTokenOfABot".repeat(2)}`,
      ),
    ]);
    expect(several).toMatchObject({
      code: 2,
      err: expect.stringMatching(/2 bots: 1001, 1002\n→ say which: --bot/),
    });
    expect(named.out).toMatch(/^bot +1002$/m);
  });

  test("is forgotten only when somebody says yes: a record, a chat's rules, or everything", async () => {
    const { url, store, client } = corner();
    await createGuard({ store }).run(
      { bot, method: "sendMessage", payload: { chat_id: -1001, text } },
      answered,
    );
    await record(store, { bot, chat: "7", key: "a", as: "done" });
    await record(store, { bot, chat: "7", key: "b", as: "done" });
    const [unasked, dry] = await Promise.all([
      sendonce(url, "reset", "--all"),
      sendonce(url, "reset", "--all", "--dry-run"),
    ]);
    expect(unasked).toMatchObject({ code: 2, err: expect.stringContaining("give --yes") });
    expect(dry.out).toMatch(/^would forget 3 records and \d rules of bot 4242: /);
    expect(await client.exists(ruleKey(bot, "chat:-1001"))).toBe(1);
    await sendonce(url, "reset", "--chat", "-1001", "--yes");
    expect(await client.exists(ruleKey(bot, "chat:-1001"))).toBe(0);
    expect((await sendonce(url, "reset", "--given", "a", "--chat", "7", "--yes")).out).toContain(
      "forgot 1 of 1 keys",
    );
    await sendonce(url, "reset", "--all", "--records", "--yes");
    expect((await client.keys("sendonce:*:r:*")).length).toBe(0);
  });

  test("is swept by one at a time: foreign values and keys without expiry, and nothing else", async () => {
    const { url, store, client } = corner();
    const good = await record(store, { bot, chat: "7", key: "good", as: "done" });
    const forever = await record(store, { bot, chat: "7", key: "forever", as: "done" });
    await client.persist(recordKey(bot, forever));
    await client.set(recordKey(bot, "past"), `D|${1e15}||`);
    await client.set(recordKey(bot, "text"), "hello", "EX", 100);
    await client.lpush(ruleKey(bot, "chat:9"), "a list");
    await client.set("sendonce-of-others", "untouched");
    const looked = await sendonce(url, "sweep", "--json");
    const found = (JSON.parse(looked.out).found as { key: string; fault: string }[]).map(({ key, fault }) => [
      key,
      fault,
    ]);
    expect(Object.fromEntries(found)).toEqual({
      [recordKey(bot, forever)]: "forever",
      [recordKey(bot, "past")]: "past",
      [recordKey(bot, "text")]: "foreign",
      [ruleKey(bot, "chat:9")]: "foreign",
    });
    expect(looked.code).toBe(1);
    expect(await client.dbsize()).toBe(6);

    const leader = leaderOf(client, "sweep", 30_000);
    expect(await leader.take()).toBe(true);
    expect(await sendonce(url, "sweep", "--yes")).toMatchObject({
      code: 1,
      err: expect.stringContaining("another sweep is running"),
    });
    await leader.end();
    const mended = await sendonce(url, "sweep", "--yes");
    expect(mended).toMatchObject({ code: 0, out: expect.stringContaining("4 mended") });
    expect((await client.keys("*")).sort()).toEqual(
      [recordKey(bot, forever), recordKey(bot, good), "sendonce-of-others"].sort(),
    );
    expect(await client.pttl(recordKey(bot, forever))).toBeGreaterThan(1_000_000);
  });
});

describe("what a publishing guard tells", () => {
  test("is read as buckets, as duplicates, as live events and as one frame of top", async () => {
    const { url, store } = corner();
    const guard = createGuard({ store, publish: { chats: true }, limits: "official" });
    onTestFinished(() => guard.close());
    let n = 0;
    const busy = setInterval(() => {
      // Each twice, and no more in one chat than its rule lets through.
      void sending(guard, -1001 - Math.floor(n / 20), { text: `${text} ${n >> 1}` });
      if (++n === 10) void sending(guard, 7, { text: "lost" }, lost);
    }, 100);
    onTestFinished(() => clearInterval(busy));
    const [tailed, framed, viewed] = await Promise.all([
      sendonce(url, "tail", "--json", "--event", "replayed", "--count", "2", "--for", "15"),
      sendonce(url, "top", "--once", "--for", "3"),
      sendonce(url, "top", "--once", "--for", "3", "--json"),
    ]);
    clearInterval(busy);
    const events = tailed.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events).toHaveLength(2);
    expect(events[0]).toMatchObject({
      bot,
      event: "replayed",
      method: "sendMessage",
      scope: "content",
      chat: expect.stringMatching(/^-10\d\d$/),
    });
    expect(framed.out.split("\n").length).toBeLessThan(24);
    expect(Math.max(...framed.out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(framed.out).toMatch(/^mode shared \(1\) {3}processes 1 /m);
    expect(framed.out).toMatch(/^4242 +\d+\.\d\/s +\d+\.\d\/s .* \d+\/30$/m);
    expect(framed.out).toMatch(/^-10\d\d +\d+\.\d\/s/m);
    expect(JSON.parse(viewed.out)).toMatchObject({ modes: { shared: 1 }, bots: [{ bot }] });

    await guard.close();
    const [counted, chat, whole] = await Promise.all([
      sendonce(url, "duplicates", "--json"),
      sendonce(url, "buckets", "--json", "-1001"),
      sendonce(url, "buckets", "--json"),
    ]);
    const [{ where, sent }] = JSON.parse(counted.out).bots;
    expect(where[0]).toMatchObject({ scope: "content", method: "sendMessage" });
    expect(sent + where[0].prevented).toBe(n);
    expect(JSON.parse(chat.out)).toMatchObject({
      rulesFrom: "what the bot has posted",
      buckets: [{ rule: "group", limit: "20 in any 60 s" }, { rule: "global" }],
    });
    expect(JSON.parse(whole.out).buckets.map(({ rule }: { rule: string }) => rule)).toEqual([
      "bulk",
      "global",
      "paid",
    ]);
  });

  test("is asked for where there is nothing", async () => {
    const { url, store } = corner();
    await record(store, { bot, chat: "7", key: "x" });
    const [rules, counters, tty] = await Promise.all([
      sendonce(url, "buckets"),
      sendonce(url, "duplicates"),
      sendonce(url, "top"),
    ]);
    expect(rules).toMatchObject({ code: 2, err: expect.stringContaining("--limits conservative") });
    expect(counters.out).toContain("publish: true");
    expect(tty).toMatchObject({ code: 2, err: expect.stringContaining("top --once") });
  });
});

describe("a terminal", () => {
  test.runIf(process.platform === "linux")("shows top until q, and is then as it was", async () => {
    const { url } = corner();
    const program = `${process.execPath} ${await builtProgram()} top`;
    const { REDIS_URL: _, ...env } = process.env;
    const child = spawn(
      "script",
      ["-qfec", `stty rows 24 cols 80; ${program}; echo ended with $?; stty -a`, "/dev/null"],
      {
        env: { ...env, REDIS_URL: url, TERM: "xterm", SHELL: "/bin/sh" },
        stdio: ["pipe", "pipe", "inherit"],
        timeout: 20_000,
      },
    );
    let shown = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      if (!shown.includes("nothing heard yet") && `${shown}${text}`.includes("nothing heard yet"))
        child.stdin.write("q");
      shown += text;
    });
    await once(child, "close");
    everythingSaid.push(shown);
    expect(shown).toContain("ended with 0");
    expect(shown.split("ended with 0")[0]).toContain("\u001B[?25h");
    expect(shown.split("ended with 0")[1]).toMatch(/[^-]icanon[\s\S]*[^-]echo /);
  });

  test("that goes away in the middle of the output is no error", async () => {
    const { url, store } = corner();
    await record(store, { bot, chat: "7", key: "x" });
    const child = spawn(process.execPath, [await builtProgram(), "--redis", url, "stats"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.destroy();
    let complaints = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      complaints += text;
    });
    const [code] = await once(child, "close");
    expect({ code, complaints }).toEqual({ code: 0, complaints: "" });
  });
});

test("a Cluster is read on each of its masters, and heard on whichever a bot publishes", async () => {
  const cluster = await sharedCluster();
  const bots = await Promise.all([0, 1, 2].map(async (node) => String(await cluster.botOn(node))));
  const store = redisStore(cluster.client());
  onTestFinished(() => store.close());
  const guard = createGuard({ store, publish: true, limits: false });
  onTestFinished(() => guard.close());
  let n = 0;
  const busy = setInterval(() => {
    for (const one of bots)
      void guard.run({ bot: one, method: "sendMessage", payload: { chat_id: 7, text: `${n++}` } }, answered);
  }, 200);
  onTestFinished(() => clearInterval(busy));
  const seed = cluster.urls[2]!;
  const heard = await Promise.all(
    bots.map((one) => sendonce(seed, "tail", "--bot", one, "--json", "--count", "3", "--for", "15")),
  );
  clearInterval(busy);
  for (const [at, { out }] of heard.entries()) {
    const lines = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { bot: string; key: string });
    expect(lines.map((line) => line.bot)).toEqual([bots[at], bots[at], bots[at]]);
    expect(new Set(lines.map(({ key }) => key)).size).toBe(3);
  }
  const [counted, swept] = await Promise.all([sendonce(seed, "stats", "--json"), sendonce(seed, "sweep")]);
  const found = JSON.parse(counted.out).bots.map((one: { bot: string }) => one.bot);
  expect(found).toEqual(expect.arrayContaining(bots));
  expect(swept).toMatchObject({ code: 0, out: expect.stringContaining("nothing to sweep") });
});

test("no password, token, secret or text was printed by any of this", () => {
  const said = everythingSaid.join("\n");
  expect(everythingSaid.length).toBeGreaterThan(40);
  for (const canary of [password, text, secret, "canaryTokenOfABot"]) expect(said).not.toContain(canary);
});
