import { createGuard, type GuardOptions } from "@sendonce/core";
import { chargesToRead, recordKey, redisStore, ruleKey, rulesOfPreset } from "@sendonce/core/redis";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { anchorOf } from "../../docs/.vitepress/anchors.js";
import { read } from "../house/repository.js";
import { startProxy } from "../kit/redis/proxy.js";
import { type RedisServer, startRedis } from "../kit/redis/server.js";
import { holds, symptomsOf } from "./guide.js";
import { oldRedis } from "./old-redis.js";
import { answered, record } from "./prepared.js";
import { everythingSaid, sendonce } from "./sendonce.js";

const bot = "4242";
const canary = "canary-password-77ab";

let sound: RedisServer;
let bare: RedisServer;

/** A corner of the sound server that is empty but for what a test puts there. */
let databases = 0;
function corner() {
  const url = `${sound.url}/${++databases}`;
  const store = redisStore(url);
  onTestFinished(() => store.close());
  return { url, store, client: sound.client({ db: databases }) };
}

type Prepare = () => string | Promise<string>;

/** A corner with one record in it. */
const withRecord =
  (chat: string, key: string, as?: "done" | "ambiguous"): Prepare =>
  async () => {
    const { url, store } = corner();
    await record(store, { bot, chat, key, ...(as && { as }) });
    return url;
  };

/** A corner where a guard has done something. */
const afterGuard =
  (work: (guard: ReturnType<typeof createGuard>) => Promise<unknown>, options: GuardOptions = {}): Prepare =>
  async () => {
    const { url, store } = corner();
    const guard = createGuard({ store, publish: true, ...options });
    await work(guard);
    await guard.close();
    return url;
  };

const message = (text: string, chat_id = 7) => ({ bot, method: "sendMessage", payload: { chat_id, text } });

/** A rule that Telegram has stopped. */
const frozen =
  (chat: string | undefined, rule: string, seconds: number): Prepare =>
  async () => {
    const { url, store } = corner();
    const rules = chargesToRead(rulesOfPreset("conservative"), chat);
    const at = rules.findIndex(({ name }) => name === rule);
    const times = { retryAfterUs: seconds * 1e6, graceUs: 0 };
    await store.freeze({ bot, owner: "somebody", attempt: 0, rules, frozen: at, ...times });
    return url;
  };

/** What each symptom of the guide needs to show itself; answers the URL to look at. */
const prepared: Readonly<Record<string, Prepare>> = {
  "A call is refused with 409: the outcome of an earlier try is unknown": withRecord(
    "7",
    "invoice-42",
    "ambiguous",
  ),
  "A call is refused with 409: the message is being sent elsewhere": withRecord("7", "slow-report"),
  "The same message was sent twice on purpose and came once": afterGuard(async (guard) => {
    for (let n = 0; n < 2; n++) await guard.run(message("ping"), answered);
  }),
  "A call answers with an old message instead of sending": withRecord("@channel", "post-123", "done"),
  "A bot ignores updates although it gets them": afterGuard(
    async (guard) => {
      await guard.run({ ...message("hello"), bot: "shop" }, answered);
      for (let n = 0; n < 3; n++) await guard.handleUpdate({ bot: "shop", updateId: 7 }, async () => {});
    },
    { namespace: "shop" },
  ),
  "Rate limited though the bot is idle": afterGuard(async (guard) => {
    for (let n = 0; n < 20; n++) await guard.run(message(`${n}`, -1001), answered);
  }),
  "One chat gets nothing for minutes": frozen("7", "chat", 300),
  "Everything is slower since a flood": frozen(undefined, "global", 1),
  "Each send takes long": async () => {
    const proxy = await startProxy(sound);
    proxy.delay(30);
    return proxy.url;
  },
  "The log says that the store is away: local": () => "redis://127.0.0.1:1",
  "Redis refuses the login": () => sound.url.replace(canary, "wrong"),
  "The TLS connection fails": async () => {
    const { url } = await startRedis({ tls: true });
    return url.replace("rediss:", "redis:");
  },
  "The log says that the Redis user lacks a permission": () => sound.urlFor("bot", canary),
  "The log says that this Redis is a read-only replica": async () => {
    const replica = await startRedis({ config: { replicaof: `127.0.0.1 ${bare.port}` } });
    await expect.poll(() => bare.client().info("replication")).toContain("connected_slaves:1");
    return replica.url;
  },
  "A warning says that Redis throws keys away": async () => {
    const config = { maxmemory: "100mb", "maxmemory-policy": "allkeys-lru" };
    return (await startRedis({ config })).url;
  },
  "A message came twice after Redis restarted": () => bare.url,
  "A message came twice after a failover": async () => {
    await startRedis({ config: { replicaof: `127.0.0.1 ${bare.port}` } });
    await expect.poll(() => bare.client().info("replication")).toContain("connected_slaves:1");
    return bare.url;
  },
  "Scripts fail on an old Redis": async () => {
    const old = await oldRedis(bare);
    onTestFinished(() => old.close());
    return old.url;
  },
  "An error says that a key holds a value that is not Sendonce's": async () => {
    const { url, client } = corner();
    await client.set(ruleKey(bot, "chat:7"), "hello", "EX", 100);
    return url;
  },
  "The memory of Redis grows": async () => {
    const { url, store } = corner();
    for (const key of ["a", "b", "c"]) await record(store, { bot, chat: "7", key, as: "done" });
    return url;
  },
  "Keys of Sendonce have no expiry": async () => {
    const { url, store, client } = corner();
    await client.persist(recordKey(bot, await record(store, { bot, chat: "7", key: "a", as: "done" })));
    return url;
  },
  "Times in logs do not fit together": () => bare.url,
  "Top and tail show nothing": () => corner().url,
};

const symptoms = symptomsOf("docs/troubleshooting.md");

beforeAll(async () => {
  const acl = [`user bot on >${canary} ~sendonce:* &* +@all -set`];
  const config = { databases: "32" };
  [sound, bare] = await Promise.all([startRedis({ password: canary, acl, config }), startRedis()]);
});

afterAll(() => {
  expect(everythingSaid.join("\n")).not.toContain(canary);
});

describe("the guide", () => {
  test("has a prepared server for each symptom, and no other", () => {
    expect(symptoms.map(({ title }) => title).sort()).toEqual(Object.keys(prepared).sort());
    expect(symptoms.length).toBeGreaterThanOrEqual(15);
  });

  test("says what each output means and what to do, and links to every symptom", () => {
    const page = read("docs/troubleshooting.md");
    for (const { title, text, steps } of symptoms) {
      expect([title, steps.length > 0, /^\*\*Means\*\*: /m.test(text), /^\*\*Do\*\*: /m.test(text)]).toEqual([
        title,
        true,
        true,
        true,
      ]);
      expect(text.match(/^```sh$/gm)).toHaveLength(steps.length);
      expect(page).toContain(`](#${anchorOf(title)})`);
    }
  });

  test.each(symptoms)("$title", async ({ title, steps }) => {
    const url = await prepared[title]!();
    for (const { args, shows } of steps) {
      const { out, err } = await sendonce(url, ...args);
      for (const line of shows)
        expect({ line, out, err, shown: holds(out + err, line) }).toMatchObject({ shown: true });
    }
  });
});
