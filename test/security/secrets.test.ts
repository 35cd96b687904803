import {
  createGuard,
  delivery,
  type Guard,
  IdempotencyGuard,
  memoryStore,
  type Store,
  withDelivery,
} from "@sendonce/core";
import { afterEach, describe, expect, test, vi } from "vitest";
import { keys } from "../kit/redis/commands.js";
import { sharedRedis } from "../kit/redis/server.js";
import { telegram } from "../kit/telegram.js";
import { startWorker } from "../kit/worker.js";

const message = { message_id: 1, date: 1, chat: { id: 7, type: "private" } };
const text = "the text of the message";

afterEach(() => vi.restoreAllMocks());

/** A process with these secrets on a store, and what its calls are filed under. */
function processWith(secret: string | string[] | undefined, store = memoryStore()) {
  vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  const guard = createGuard({ store, idempotency: secret === undefined ? {} : { secret } });
  return { guard, store, act: (way: Way) => way(guard, store) };
}

function send(guard: Guard, options: object = {}) {
  const call = { bot: "1", method: "sendMessage", payload: { chat_id: 7, text, ...options } };
  return guard.run(call, async () => ({ type: "response", body: { ok: true, result: message } }));
}

type Way = (guard: Guard, store: Store) => Promise<End>;

type End = { readonly key: string; readonly status: string };

/** Every way in which a key comes about. */
const scopes: readonly [string, Way][] = [
  ["content", async (guard) => (await send(guard)) as End],
  ["a given key", async (guard) => (await send(guard, delivery({ key: "invoice-42" }))) as End],
  ["withDelivery", (guard) => withDelivery({ key: "post-1" }, async () => (await send(guard)) as End)],
  [
    "an update",
    (guard) =>
      guard.handleUpdate(
        { bot: "1", updateId: 5, drop: false },
        async () => (await send(guard)) as End,
      ) as Promise<End>,
  ],
  [
    "an operation",
    async ({ idempotency }) => {
      const key = idempotency.generateKey(["charge", { invoice: 42 }]);
      const start = await idempotency.markOperationStart(key);
      if (start.started) await idempotency.markOperationComplete(key, start.owner, { paid: true });
      return { key: key.slice(0, 25), status: start.started ? "sent" : "replayed" };
    },
  ],
  [
    "an operation with a name of its own",
    async ({ idempotency }, store) => {
      const admit = vi.spyOn(store, "admit");
      const start = await idempotency.markOperationStart("order-42");
      if (start.started) await idempotency.markOperationComplete("order-42", start.owner);
      return {
        key: admit.mock.lastCall?.[0].claim?.id as string,
        status: start.started ? "sent" : "replayed",
      };
    },
  ],
];

describe.each(scopes)("the key of %s", (_, way) => {
  test("differs with, without and among secrets, and is the same in every process", async () => {
    const keyWith = async (secret?: string | string[]) => (await processWith(secret).act(way)).key;
    const all = [await keyWith(), await keyWith("one"), await keyWith("two")];
    expect(new Set(all).size).toBe(3);
    expect([await keyWith(), await keyWith("one"), await keyWith(["two", "one"])]).toEqual(all);
    for (const key of all) expect(key).toMatch(/^(op_|[ckudp])[\w-]{22}$/);
  });

  test("is written under the first secret and read under all: nothing is sent twice while secrets are rotated", async () => {
    const { act, store } = processWith("old");
    expect((await act(way)).status).toBe("sent");
    expect((await processWith(["new", "old"], store).act(way)).status).toBe("replayed");
    expect((await processWith(["new", "other", "old"], store).act(way)).status).toBe("replayed");

    const rotated = processWith(["new", "old"]);
    expect((await rotated.act(way)).status).toBe("sent");
    expect((await processWith("new", rotated.store).act(way)).status).toBe("replayed");
  });

  test("is forgotten with the secret that it was written under, and by turning secrets on or off", async () => {
    const { act, store } = processWith("old");
    await act(way);
    expect((await processWith("new", store).act(way)).status).toBe("sent");
    expect((await processWith(undefined, store).act(way)).status).toBe("sent");
  });
});

test("an operation's key that was generated before a rotation is found after it", async () => {
  const store = memoryStore();
  const before = new IdempotencyGuard({ store, secret: "old" });
  const key = before.generateKey("charge");
  await before.markOperationStart(key);
  const after = new IdempotencyGuard({ store, secret: ["new", "old"] });
  expect((await after.isDuplicate(after.generateKey("charge"))).duplicate).toBe(true);
  expect((await after.isDuplicate(key)).duplicate).toBe(true);
});

test("three processes in the middle of a rotation send once; the one that forgot the old secret sends again", async () => {
  const { url, token, prefix, client } = await sharedRedis();
  const emulator = await telegram({ limits: false });
  const environment = { BOT_TOKEN: token, API_ROOT: emulator.url, REDIS_URL: url };
  const start = (...secrets: string[]) =>
    startWorker("security/workers/rotating.ts", { ...environment, SECRETS: secrets.join(" ") });
  const fleet = [start("old"), start("new", "old"), start("new")];
  const said: string[][] = [];
  for (const worker of fleet) {
    await worker.says("ready");
    worker.tell("go");
    await worker.says("done");
    said.push(worker.lines.filter((line) => line !== "ready" && line !== "done"));
    expect(await worker.end()).toBe(0);
  }
  const ways = ["content", "key", "update"];
  expect(said).toEqual([
    ways.map((way) => `${way} sent`),
    ways.map((way) => `${way} replayed`),
    ways.map((way) => `${way} sent`),
  ]);
  const records = await keys(client(), `${prefix}1:r:[ckud]*`);
  expect(records).toHaveLength(6);
});
