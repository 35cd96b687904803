/**
 * Everything that Telegram answers is stored for replays, and encrypted: AES-256-GCM by a codec, with the name of its
 * key in front, so that keys can be changed while messages are remembered. A cron job of three machines writes one
 * message; the second machine has changed keys already, the third has forgotten the old one.
 *
 *     npx tsx examples/encrypted-results.ts
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { memoryStore } from "@sendonce/core";
import { createGuard, delivery, deliveryOf, install } from "@sendonce/grammy";
import { Api } from "grammy";
import { openTelegram } from "./offline.js";

const telegram = await openTelegram();
const { token, apiRoot, channel } = telegram;

/** Keys of 32 bytes by name, as a secret store would give them; the first encrypts, all decrypt. */
type Keys = readonly (readonly [name: string, key: Buffer])[];

function encrypted(keys: Keys) {
  const [name, key] = keys[0]!;
  return {
    encode(text: string): string {
      const iv = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(name));
      const sealed = Buffer.concat([iv, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
      return `${name}.${sealed.toString("base64url")}`;
    },
    decode(stored: string): string {
      const [name = "", text = ""] = stored.split(".");
      const key = keys.find(([each]) => each === name)?.[1];
      if (!key) throw new Error(`no key called ${name}`); // then the replay says what the caller's payload says
      const sealed = Buffer.from(text, "base64url");
      const cipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, 12)).setAAD(Buffer.from(name));
      cipher.setAuthTag(sealed.subarray(-16));
      return cipher.update(sealed.subarray(12, -16), undefined, "utf8") + cipher.final("utf8");
    },
  };
}

// One store for three machines: in life this is redisStore(process.env.REDIS_URL).
const store = memoryStore();
const guardWith = (keys: Keys) =>
  createGuard({ store, idempotency: { result: "full", codec: encrypted(keys) } });

async function post(machine: string, keys: Keys): Promise<string> {
  const api = install(new Api(token, { apiRoot }), guardWith(keys));
  const message = await api.sendMessage(channel, "The door code is 4711.", {
    ...delivery({ key: "code-7" }),
  });
  const how = deliveryOf(message)?.replayed ? "had been sent" : "sent";
  console.log(
    `${machine}: ${how}; ${message.message_id > 0 ? "the answer is known" : "the answer is not readable"}`,
  );
  return deliveryOf(message)?.key ?? "";
}

// Everything above is a job as you would write it. This is what happens to it:
const old = ["2025", randomBytes(32)] as const;
const young = ["2026", randomBytes(32)] as const;
const record = await post("machine 1", [old]);
const { result = "" } = (await store.inspect(token.split(":")[0]!, record)) ?? {};
console.log(
  `    in the store: ${result.slice(0, 6)}…, ${result.includes("4711") ? "readable" : "not readable"}`,
);
await post("machine 2", [young, old]);
await post("machine 3", [young]);
await telegram.close();

/* Prints:
machine 1: sent; the answer is known
    in the store: e2025.…, not readable
machine 2: had been sent; the answer is known
machine 3: had been sent; the answer is not readable
    @harbour_news receives The door code is 4711.
*/
