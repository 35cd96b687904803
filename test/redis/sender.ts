import { type RedisStoreOptions, redisStore } from "@sendonce/core/redis";
import { createGuard, type Delivery, type Guard, type GuardOptions, type Logger } from "@sendonce/grammy";
import { onTestFinished } from "vitest";

/** How the scripted Telegram answers: with a message unless told otherwise. */
export type Answer = () => object | Promise<object>;

/** One process: a guard on a Redis before a Telegram that writes down what it receives. */
export interface Sender {
  readonly guard: Guard;
  /** Texts (or methods) that Telegram accepted. */
  readonly received: string[];
  /** Every change of mode, in order. */
  readonly modes: string[];
  /** What an operator could read: log lines with their fields. */
  readonly log: string[];
  /** Milliseconds that each call took. */
  readonly took: number[];
  send(text: string, answer?: Answer): Promise<Delivery>;
  call(method: string, payload: Record<string, unknown>, answer?: Answer): Promise<Delivery>;
}

export const delivered: Answer = () => ({
  ok: true,
  result: { message_id: 1, date: 1, chat: { id: 7, type: "private" } },
});

export const flooded = (retry_after: number): Answer => {
  return () => ({
    ok: false,
    error_code: 429,
    description: "Too Many Requests",
    parameters: { retry_after },
  });
};

/** A process of its own as far as the store can tell; closed with the test. */
export function senderOn(
  target: Parameters<typeof redisStore>[0],
  bot: number | string,
  { connection = {}, ...options }: GuardOptions & { connection?: RedisStoreOptions } = {},
): Sender {
  const log: string[] = [];
  const write = (fields: object, line: string) => void log.push(`${line} ${JSON.stringify(fields)}`);
  const logger: Logger = { debug: write, info: write, warn: write, error: write };
  // A connection of its own: stores of one URL and like options would share theirs.
  const store = redisStore(target, { ...connection, redis: { ...connection.redis } });
  const guard = createGuard({ store, logger, ...options });
  onTestFinished(() => guard.store.close());
  const [received, modes, took]: [string[], string[], number[]] = [[], [], []];
  guard.on("mode", ({ mode }) => modes.push(mode));
  const call: Sender["call"] = async (method, payload, answer = delivered) => {
    const from = performance.now();
    const delivery = await guard.run({ bot: `${bot}`, method, payload }, async () => {
      const body = (await answer()) as { ok: boolean };
      if (body.ok) received.push(String(payload.text ?? method));
      return { type: "response", body: body as never };
    });
    took.push(performance.now() - from);
    return delivery;
  };
  const send: Sender["send"] = (text, answer) => call("sendMessage", { chat_id: 7, text }, answer);
  return { guard, received, modes, log, took, send, call };
}

/** Waits until `look` answers what is wanted; real time, for what other processes do. */
export async function until<T>(look: () => Promise<T> | T, wanted: (found: T) => boolean, withinMs = 5_000) {
  const from = performance.now();
  for (;;) {
    const found = await look();
    if (wanted(found)) return performance.now() - from;
    if (performance.now() - from > withinMs)
      throw new Error(`still ${JSON.stringify(found)} after ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
