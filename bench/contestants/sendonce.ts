import { createGuard, reliability, type Store, tokenBucket } from "@sendonce/grammy";
import { redisStore } from "@sendonce/grammy/redis";
import type { Contestant, Running } from "./contestant.js";
import { through } from "./telegram.js";

/** So high that nothing waits. */
const unlimited = tokenBucket({ capacity: 1_000_000, refillPerSecond: 1_000_000 });
/** Per chat and bot-wide, as by default. */
const limits = { chat: unlimited, group: false, global: unlimited, bulk: false } as const;

/** A real transformer over a guard. */
function guarded(options: { store?: Store; idempotency?: false }): Running {
  const guard = createGuard({ namespace: "bench", limits, maxWaitMs: 60_000, ...options });
  return { send: through(reliability(guard)), close: () => guard.close() };
}

function overRedis(url: string, idempotency?: false): Running {
  const store = redisStore(url);
  const running = guarded({ store, ...(idempotency === false && { idempotency }) });
  return {
    send: running.send,
    close: async () => {
      await running.close?.();
      await store.close();
    },
  };
}

/** Ourselves. */
export const sendonce: readonly Contestant[] = [
  { name: "Sendonce", place: "memory", kind: "sendonce", open: () => guarded({}) },
  {
    name: "Sendonce, limits only",
    place: "memory",
    kind: "sendonce",
    open: () => guarded({ idempotency: false }),
  },
  { name: "Sendonce", place: "redis", kind: "sendonce", open: ({ url }) => overRedis(url) },
  {
    name: "Sendonce, limits only",
    place: "redis",
    kind: "sendonce",
    open: ({ url }) => overRedis(url, false),
  },
];
