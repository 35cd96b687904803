import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RedisServer, startRedis } from "../kit/redis/server.js";
import { eventually } from "../kit/telegram.js";
import { demo, type Ended, type Row, rowsOf, startDemo } from "./running-demo.js";

const password = "hunter2-that/nobody:may@read";

/** What somebody else keeps in that Redis: a bot of theirs, and things that are no bot's. */
const strangers = ["cart:7", "sendonce:{4242}:1:l:global"];

/** The keys that are there, besides those of strangers. */
async function ownKeys(server: RedisServer): Promise<string[]> {
  const client = server.connect();
  const keys = await client.keys("*");
  expect(keys).toEqual(expect.arrayContaining(strangers));
  return keys.filter((key) => !strangers.includes(key));
}

/** How many connections somebody other than this test holds. */
async function othersConnected(server: RedisServer): Promise<number> {
  const clients = String(await server.connect({ connectionName: "test" }).client("LIST"))
    .trim()
    .split("\n");
  return clients.filter((line) => !line.includes(" name=test ")).length;
}

async function withStrangers(server: RedisServer): Promise<RedisServer> {
  const client = server.connect();
  for (const key of strangers) await client.set(key, "theirs");
  client.disconnect();
  return server;
}

describe("the demo with REDIS_URL", () => {
  let server: RedisServer;
  let ended: Ended;
  let rows: Row[];
  beforeAll(async () => {
    server = await withStrangers(await RedisServer.launch({ password }));
    ended = await demo({ REDIS_URL: server.url });
    rows = rowsOf(ended.output);
  }, 120_000);
  afterAll(() => server.stop());

  const sideOf = (side: string): Row[] => rows.filter((row) => row.side === side);

  test("ends by itself within 90 s, with exit code 0", () => {
    expect(ended.code, ended.output).toBe(0);
    expect(ended.seconds).toBeLessThan(90);
  });

  test("compares four scenarios, each without and with Sendonce", () => {
    expect(new Set(rows.map(({ scenario }) => scenario)).size, ended.output).toBe(4);
    expect(rows.map(({ side }) => side)).toEqual(Array(4).fill(["without", "with"]).flat());
  });

  test("with Sendonce nothing is doubled, and hardly anything refused, by three processes together", () => {
    const [floods, plainFloods] = ["with", "without"].map((side) =>
      sideOf(side).reduce((sum, row) => sum + row.floods, 0),
    );
    expect(sideOf("with").map(({ doubled }) => doubled)).toEqual([0, 0, 0, 0]);
    // None on a machine that keeps running; one that stands still lets go of several at once.
    expect(50 * floods!).toBeLessThanOrEqual(plainFloods!);
  });

  test("nothing is missing but what was in flight at the kill, and that is reported as AMBIGUOUS", () => {
    const missing = sideOf("with").map((row) => row.missing);
    const inFlight = Number(/In flight at the\s+kill: (\d+);/.exec(ended.output)?.[1] ?? 0);
    expect(missing.slice(0, 3)).toEqual([0, 0, 0]);
    expect(missing[3]).toBeLessThanOrEqual(inFlight);
    if (inFlight > 0) expect(ended.output).toMatch(/reported\s+as\s+AMBIGUOUS/);
  });

  test("without it every scenario doubles and the broadcast meets 429s", () => {
    const plain = sideOf("without");
    for (const { scenario, doubled } of plain) expect(doubled, scenario).toBeGreaterThan(0);
    expect(plain[2]?.floods).toBeGreaterThan(0);
    expect(plain[2]?.doubled).toBeGreaterThanOrEqual(2 * 150);
  });

  test("leaves no key and no process behind, and strangers' keys alone", async () => {
    expect(await ownKeys(server)).toEqual([]);
    expect(await othersConnected(server)).toBe(1); // ownKeys
    expect(ended.output).not.toContain("hunter2");
  });
});

describe("the demo, interrupted", () => {
  test("ends its processes and removes its keys", { timeout: 60_000 }, async () => {
    const server = await withStrangers(await startRedis());
    const client = server.client({ connectionName: "test" });
    const { child, ended } = startDemo({ REDIS_URL: server.url });
    let keys = 0;
    const watch = setInterval(() => {
      client.dbsize().then(
        (size) => {
          keys = size;
        },
        () => {},
      );
    }, 50);
    try {
      await eventually(() => keys > strangers.length + 10, "its bots are at work", 40_000);
    } finally {
      clearInterval(watch);
      child.kill("SIGINT");
    }
    const { code, output } = await ended;
    expect(code, output).toBe(130);
    expect(await othersConnected(server)).toBe(0);
    expect(await ownKeys(server)).toEqual([]);
  });
});

describe("a REDIS_URL that is of no use is a clear line that names the remedy", () => {
  test.for([
    ["nobody listens", "redis://user:hunter2@127.0.0.1:1/0", "Redis refused the connection: is it running"],
    ["no URL", "hunter2@127.0.0.1", "REDIS_URL must be a URL"],
  ] as const)("%s", async ([, url, message]) => {
    await expectRefused(await demo({ REDIS_URL: url }), message);
  });

  test("a wrong password", async () => {
    const server = await startRedis({ password });
    const ended = await demo({ REDIS_URL: server.urlFor("", "wrong-hunter2") });
    await expectRefused(ended, "Redis refused the login: check user and password");
  });

  test("a user who may look but not write", async () => {
    const server = await startRedis({ acl: ["user reader on >hunter2 ~* +@read +ping +time +info"] });
    const ended = await demo({ REDIS_URL: server.urlFor("reader", "hunter2") });
    await expectRefused(ended, "the Redis user lacks a permission");
  });

  async function expectRefused({ code, output }: Ended, message: string): Promise<void> {
    expect(code).toBe(1);
    expect(output).toContain(message);
    expect(output).toMatch(/^demo: .*REDIS_URL.*\n$/);
    expect(output).not.toContain("hunter2");
  }
});
