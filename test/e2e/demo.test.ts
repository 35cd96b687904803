import { beforeAll, describe, expect, test } from "vitest";
import { telegram, textsOf } from "../kit/telegram.js";
import { demo, type Ended, type Row, rowsOf } from "./running-demo.js";

describe("the demo", () => {
  let ended: Ended;
  let rows: Row[];
  beforeAll(async () => {
    ended = await demo();
    rows = rowsOf(ended.output);
  }, 100_000);

  test("ends by itself within a minute, with exit code 0", () => {
    expect(ended.code, ended.output).toBe(0);
    expect(ended.seconds).toBeLessThan(60);
  });

  test("compares four scenarios, each without and with Sendonce", () => {
    expect(new Set(rows.map(({ scenario }) => scenario)).size, ended.output).toBe(4);
    expect(rows.map(({ side }) => side)).toEqual(Array(4).fill(["without", "with"]).flat());
  });

  test("with Sendonce nothing is doubled and nothing is missing", () => {
    const guarded = rows.filter(({ side }) => side === "with");
    for (const { intended, received, doubled, missing } of guarded) {
      expect({ received, doubled, missing }).toEqual({ received: intended, doubled: 0, missing: 0 });
    }
  });

  test("without it three scenarios double and the broadcast meets 429s", () => {
    const plain = rows.filter(({ side }) => side === "without");
    for (const { scenario, doubled } of plain.slice(0, 3)) expect(doubled, scenario).toBeGreaterThan(0);
    expect(plain[3]?.floods).toBeGreaterThan(0);
    expect(50 * rows.at(-1)!.floods).toBeLessThanOrEqual(plain[3]!.floods);
  });

  test("shows the progress of the broadcast as plain lines, without escape sequences", () => {
    expect(ended.output).toMatch(/^ {3}with .*200\/200/m);
    expect(ended.output).not.toContain("\u001b");
  });
});

describe("the harmless part, against a server of one's own", () => {
  const token = "4242:a-secret_that-nobody-may-read";
  const secret = token.split(":")[1] as string;

  test("four sends are two messages, and the token is in no output", async () => {
    const emulator = await telegram();
    const { code, output } = await demo({ BOT_TOKEN: token, CHAT_ID: "7", API_ROOT: emulator.url });
    expect(code, output).toBe(0);
    expect(textsOf(emulator, 7)).toHaveLength(2);
    const [first, second] = emulator.ledger.received(7).map(({ messageId }) => messageId);
    expect(output).toContain(`first: message ${first}, sent`);
    expect(output).toContain(`again: message ${first}, replayed`);
    expect(output).toContain(`again: message ${second}, replayed`);
    expect(output).not.toContain(secret);
  });

  test("what goes wrong is told without the token", async () => {
    const emulator = await telegram();
    emulator.chat(7, { blocked: true });
    const env = { BOT_TOKEN: token, CHAT_ID: "7" };
    const blocked = await demo({ ...env, API_ROOT: emulator.url });
    expect(blocked.output).toContain("403: Forbidden: bot was blocked by the user");
    const unreachable = await demo({ ...env, API_ROOT: "http://127.0.0.1:9" });
    expect(unreachable.output).toContain("within reach");
    for (const { code, output } of [blocked, unreachable]) {
      expect(code).toBe(1);
      expect(output).not.toContain(secret);
    }
  });

  test.for([
    ["no chat", { BOT_TOKEN: token }, "CHAT_ID is not"],
    ["no token", { CHAT_ID: "7" }, "BOT_TOKEN is not"],
    ["a malformed token", { BOT_TOKEN: secret, CHAT_ID: "7" }, "BOT_TOKEN is not a bot token"],
    ["a malformed chat", { BOT_TOKEN: token, CHAT_ID: "seven" }, "CHAT_ID is neither"],
    ["a malformed server", { BOT_TOKEN: token, CHAT_ID: "7", API_ROOT: "nowhere" }, "API_ROOT is not a URL"],
  ] as const)("%s is a clear error", async ([, env, message]) => {
    const { code, output } = await demo(env);
    expect(code).toBe(1);
    expect(output).toContain(message);
    expect(output).not.toContain(secret);
  });
});
