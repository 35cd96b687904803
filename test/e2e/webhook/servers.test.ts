import { createGuard, type GuardOptions, guardFetch, guardUpdates } from "@sendonce/core";
import { redisStore } from "@sendonce/core/redis";
import type { Emulator, EmulatorOptions } from "@sendonce/emulator";
import { describe, expect, onTestFinished, test } from "vitest";
import { sharedRedis } from "../../kit/redis/server.js";
import { eventually, telegram, textsOf } from "../../kit/telegram.js";
import { type Handle, type OpenServer, servers } from "./servers.js";

/** Sends by plain fetch; a body that says no is thrown, as one does who reads what the API answers. */
type Say = (text: string) => Promise<void>;

interface Webhook {
  readonly emulator: Emulator;
  readonly url: string;
  readonly token: string;
  /** Statuses of all attempts to deliver. */
  statuses(): number[];
}

let bots = 5_000;

async function webhook(
  open: OpenServer,
  handler: (say: Say) => Handle,
  { webhookTimeoutMs = 60_000, ...options }: GuardOptions & Pick<EmulatorOptions, "webhookTimeoutMs"> = {},
): Promise<Webhook> {
  const emulator = await telegram({ webhookTimeoutMs });
  const token = `${bots++}:secret`;
  const guard = createGuard(options);
  onTestFinished(() => guard.close());
  const url = await serve(emulator, token, open, handler, guard);
  await fetch(`${emulator.url}/bot${token}/setWebhook?url=${encodeURIComponent(url)}`);
  return { emulator, url, token, statuses: () => emulator.deliveries(token).map(({ status }) => status) };
}

/** One process as far as the store can tell. */
function serve(
  emulator: Emulator,
  token: string,
  open: OpenServer,
  handler: (say: Say) => Handle,
  guard: ReturnType<typeof createGuard>,
): Promise<string> {
  const send = guardFetch(fetch, guard);
  const say: Say = async (text) => {
    const query = new URLSearchParams({ chat_id: "7", text });
    const answer = await send(`${emulator.url}/bot${token}/sendMessage?${query}`);
    const body = (await answer.json()) as { ok: boolean };
    if (!body.ok) throw body;
  };
  return open(guardUpdates(token, guard), handler(say));
}

const seconds = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe.each(Object.entries(servers))("a webhook on %s", (_, open) => {
  test("handles an update once: what is delivered again is answered 200 and dropped", async () => {
    const { emulator, token, statuses } = await webhook(
      open,
      (say) => (update) => say(`re: ${update.message?.text}`),
    );
    const update = emulator.say(token, { chat: 7, text: "one" });
    await eventually(() => emulator.pending(token) === 0, "it is confirmed");
    emulator.deliver(token, update);
    await eventually(() => statuses().length === 2, "it is delivered again");
    expect(statuses()).toEqual([200, 200]);
    expect(textsOf(emulator, 7)).toEqual(["re: one"]);
  });

  test("that is slower than Telegram's patience answers the duplicate when the first is done", async () => {
    const slow = (say: Say) => async () => {
      await say("one moment");
      await seconds(400);
      await say("done");
    };
    const { emulator, token, statuses } = await webhook(open, slow, { webhookTimeoutMs: 250 });
    emulator.say(token, { chat: 7, text: "pay" });
    await eventually(() => emulator.pending(token) === 0, "it is confirmed");
    expect(textsOf(emulator, 7)).toEqual(["one moment", "done"]);
    expect([statuses()[0], statuses().at(-1)]).toEqual([0, 200]);
  });

  test("whose handler fails is asked again, and sends only what is missing", async () => {
    let runs = 0;
    const failing = (say: Say) => async () => {
      await say("one");
      if (++runs === 1) throw new Error("bug");
      await say("two");
    };
    const { emulator, token, statuses } = await webhook(open, failing);
    emulator.say(token, { chat: 7, text: "go" });
    await eventually(() => emulator.pending(token) === 0, "it is confirmed");
    expect(statuses()).toEqual([500, 200]);
    expect(textsOf(emulator, 7)).toEqual(["one", "two"]);
  });

  test("whose handler was out of turn has Telegram come again when it says", async () => {
    const greeting = (say: Say) => async () => {
      await say("one");
      await say("two");
    };
    const { emulator, token, statuses } = await webhook(open, greeting, { maxWaitMs: 100 });
    emulator.fault({ method: "sendMessage", after: 1, kind: "429", retryAfter: 2, enforce: true });
    const from = performance.now();
    emulator.say(token, { chat: 7, text: "go" });
    await eventually(() => emulator.pending(token) === 0, "it is confirmed");
    expect(statuses()).toEqual([503, 200]);
    expect(performance.now() - from).toBeGreaterThan(1_900);
    expect(textsOf(emulator, 7)).toEqual(["one", "two"]);
    expect(emulator.ledger.duringFlood()).toEqual([]);
  });

  test("whose handler does not know whether its message arrived ends the matter", async () => {
    const stubborn = (say: Say) => async () => {
      await say("paid!").catch(() => say("paid!"));
    };
    const { emulator, token, statuses } = await webhook(open, stubborn);
    emulator.fault({ method: "sendMessage", kind: "cut-after" });
    emulator.say(token, { chat: 7, text: "go" });
    await eventually(() => emulator.pending(token) === 0, "it is confirmed");
    expect(statuses()).toEqual([200]);
    expect(textsOf(emulator, 7)).toEqual(["paid!"]);
  });

  test("answers 400 to what is no update", async () => {
    const { url } = await webhook(open, () => async () => expect.unreachable());
    const headers = { "content-type": "application/json" };
    expect((await fetch(url, { method: "POST", body: '{"hello":1}', headers })).status).toBe(400);
  });
});

test("two servers on one Redis handle an update that both are given once", async () => {
  const { url, token } = await sharedRedis();
  const emulator = await telegram();
  const slow = (say: Say) => async () => {
    await seconds(300);
    await say("done");
  };
  const [one, two] = await Promise.all(
    [1, 2].map(() => {
      // A connection of its own: stores of one URL share theirs, and two processes do not.
      const guard = createGuard({ store: redisStore(url, { redis: {} }) });
      onTestFinished(() => guard.store.close());
      return serve(emulator, token, servers["node:http"]!, slow, guard);
    }),
  );
  const post = (to: string | undefined) =>
    fetch(to!, { method: "POST", body: JSON.stringify({ update_id: 1, message: { text: "go" } }) });
  const answers = await Promise.all([post(one), post(two)]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect(textsOf(emulator, 7)).toEqual(["done"]);
});
