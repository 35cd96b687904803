import { deepEqual, equal, match } from "node:assert/strict";
import { delivery } from "../../delivery-options.js";
import { tokenBucket } from "../../limiter/rules.js";
import { isSendonceRefusal } from "../../refusal.js";
import type { AdapterBench } from "./bench.js";
import type { AdapterLaw } from "./law.js";
import { storeThatIsAway } from "./law-store.js";
import type { LawFault } from "./local-telegram.js";

const onePer10s = tokenBucket({ capacity: 1, refillPerSecond: 0.1 });

/** Fails with a refusal of ours: says what, in the framework's own error. */
async function refused(bench: AdapterBench, work: Promise<unknown>) {
  const error = await bench.failure(work);
  equal(isSendonceRefusal(error), true, "isSendonceRefusal does not know it for ours");
  const said = bench.binding.errorOf(error);
  if (said.kind !== "api") throw new Error(`it is none of the framework's API errors, but ${said.kind}`);
  match(said.description, /^(Too Many Requests|Conflict|Service Unavailable): .*sendonce: /);
  return { ...said, ...(said.parameters as { retry_after?: number; sendonce: { code: string } }) };
}

/** Failures of Telegram's own, which stay what they are without us. */
const telegrams: readonly (readonly [string, LawFault])[] = [
  ["400", { kind: "error", code: 400, description: "Bad Request: chat not found" }],
  ["401", { kind: "error", code: 401, description: "Unauthorized" }],
  ["403", { kind: "error", code: 403, description: "Forbidden: bot was blocked by the user" }],
  ["409", { kind: "error", code: 409, description: "Conflict: terminated by other getUpdates request" }],
  ["429", { kind: "429", retryAfter: 5 }],
  ["500", { kind: "error", code: 500, description: "Internal Server Error: restart" }],
  ["502 by a proxy", { kind: "html", status: 502 }],
  ["no JSON", { kind: "html", status: 200 }],
  ["a cut", { kind: "cut-before" }],
  ["a cut after the message was taken", { kind: "cut-after" }],
  [
    "a group that became a supergroup",
    {
      kind: "error",
      code: 400,
      description: "Bad Request: group chat was upgraded to a supergroup chat",
      parameters: { migrate_to_chat_id: -1009 },
    },
  ],
];

/** How the guard's refusals sound, and Telegram's own. */
export const refusalLaws: readonly AdapterLaw[] = [
  {
    name: "refusals: a turn too far away is a 429 with retry_after",
    async run(bench) {
      const bot = await bench.bot({ limits: { chat: onePer10s }, maxWaitMs: 0 });
      await bench.run(bot.text(7, "one"));
      const { error_code, retry_after, sendonce } = await refused(bench, bot.text(7, "two"));
      deepEqual([error_code, retry_after, sendonce.code], [429, 10, "rate_limited"]);
      equal(bench.requests("sendMessage"), 1);
    },
  },
  {
    name: "refusals: a message that another process is sending is a 409, if the caller will not wait",
    async run(bench) {
      const [bot, other] = [await bench.bot(), await bench.bot({ idempotency: { onBusy: "reject" } })];
      bench.fault({ method: "sendMessage", kind: "slow", ms: 1_000 });
      const first = bot.text(7, "post");
      await bench.arrived("sendMessage");
      const { error_code, sendonce } = await refused(bench, other.text(7, "post"));
      deepEqual([error_code, sendonce.code], [409, "busy"]);
      await bench.run(first);
    },
  },
  {
    name: "refusals: a message that may have been received is a 409 that says what to do",
    async run(bench) {
      const bot = await bench.bot();
      bench.fault({ method: "sendMessage", kind: "cut-after" });
      await bench.failure(bot.text(7, "post"));
      const { error_code, sendonce, description } = await refused(bench, bot.text(7, "post"));
      deepEqual([error_code, sendonce.code], [409, "ambiguous"]);
      match(description, /delivery\(\{ key \}\)/);
    },
  },
  {
    name: "refusals: a key used for other content is a 409",
    async run(bench) {
      const bot = await bench.bot();
      const key = delivery({ key: "invoice-1" });
      await bench.run(bot.text(7, "10 €", key));
      const { error_code, sendonce } = await refused(bench, bot.text(7, "20 €", key));
      deepEqual([error_code, sendonce.code], [409, "mismatch"]);
      deepEqual(bench.texts(7), ["10 €"]);
    },
  },
  {
    name: "refusals: after close() a 409",
    async run(bench) {
      const bot = await bench.bot();
      await bench.run(bot.guard.close());
      const { error_code, sendonce } = await refused(bench, bot.text(7, "post"));
      deepEqual([error_code, sendonce.code], [409, "closed"]);
      equal(bench.requests("sendMessage"), 0);
    },
  },
  {
    name: "refusals: with the store away and nothing to be sent without it, a 503",
    async run(bench) {
      const bot = await bench.bot({ store: storeThatIsAway(), whenStoreDown: "reject" });
      const { error_code, sendonce } = await refused(bench, bot.text(7, "post"));
      deepEqual([error_code, sendonce.code], [503, "store_unavailable"]);
      equal(bench.requests("sendMessage"), 0);
    },
  },
  {
    name: "refusals: inside a handler they are the framework's errors too",
    async run(bench) {
      const bot = await bench.bot({ maxWaitMs: 0 });
      const key = delivery({ key: "invoice-1" });
      bot.handler = async ({ call }) => {
        await call("sendMessage", { chat_id: 7, text: "10 €", ...key });
        await call("sendMessage", { chat_id: 7, text: "20 €", ...key });
      };
      const { error_code, sendonce } = await refused(bench, bot.handle(bench.update()));
      deepEqual([error_code, sendonce.code], [409, "mismatch"]);
    },
  },
  {
    name: "refusals: twins of a call that Telegram refuses hear what Telegram said",
    async run(bench) {
      const bot = await bench.bot();
      const description = "Bad Request: chat not found";
      bench.fault({ method: "sendMessage", kind: "error", code: 400, description, times: 3 });
      for (const twin of [1, 2, 3].map(() => bot.text(7, "post"))) {
        const said = await bench.said(twin);
        deepEqual(said.kind === "api" && [said.error_code, said.description], [400, description]);
      }
      deepEqual(bench.texts(7), []);
    },
  },
  ...telegrams.map(
    ([what, fault]): AdapterLaw => ({
      name: `refusals: Telegram's own failures stay what the framework makes of them: ${what}`,
      async run(bench) {
        const [alone, bot] = [await bench.alone(), await bench.bot({ flood: false })];
        bench.fault({ method: "sendMessage", times: 2, ...fault });
        const plain = await bench.said(alone.text(7, "post"));
        const error = await bench.failure(bot.text(7, "post"));
        deepEqual(bench.binding.errorOf(error), plain);
        equal(isSendonceRefusal(error), false, "it passes for a refusal of ours");
        equal(bench.requests("sendMessage"), 2);
      },
    }),
  ),
];
