import { Semaphore } from "redis-semaphore";
import { ConfigurationError } from "../errors.js";
import type { SlotRequest, Slots } from "../store/port.js";
import type { Connection } from "./connection.js";
import { slotsKey } from "./keys.js";
import { held, once } from "./one-look.js";
import { isMissingScript } from "./refused.js";

type Client = ConstructorParameters<typeof Semaphore>[0];

/**
 * Slots as redis-semaphore counts them: a sorted set of holders by the time they were last heard of.
 *
 * One instance of it lives for one command. So nothing of it runs in the background, where a failing refresh would be
 * an unhandled rejection and a lost lock an uncaught error; who waits, how often it looks and when it prolongs
 * is decided by the caller.
 */
export class RedisSlots implements Slots {
  readonly #connection: Connection;
  readonly #serverNow: () => Promise<number>;

  /** @param serverNow the server's time in µs: clocks of machines differ, and a fast one would end others' leases */
  constructor(connection: Connection, serverNow: () => Promise<number>) {
    this.#connection = connection;
    this.#serverNow = serverNow;
  }

  take(slot: SlotRequest): Promise<boolean> {
    return this.#with(slot, (semaphore) => semaphore.tryAcquire());
  }

  keep(slot: SlotRequest): Promise<boolean> {
    return this.#with(slot, (semaphore) => semaphore.tryAcquire(), held);
  }

  free(slot: SlotRequest): Promise<void> {
    return this.#with(slot, (semaphore) => semaphore.release(), held);
  }

  async #with<T>(
    slot: SlotRequest,
    command: (semaphore: Semaphore) => Promise<T>,
    more: typeof held | undefined = undefined,
  ): Promise<T> {
    if (this.#connection.isCluster) throw noCluster();
    const nowUs = slot.nowUs ?? (await this.#serverNow());
    const client = this.#client(slotsKey(slot.bot, slot.cap), Math.floor(nowUs / 1000));
    return command(
      new Semaphore(client, slot.cap, slot.limit, {
        ...once,
        ...more,
        identifier: slot.owner,
        lockTimeout: Math.ceil(slot.leaseUs / 1000),
      }),
    );
  }

  /** What the library needs of a client: our connection, our key, and the server's time where it says its own. */
  #client(key: string, nowMs: number): Client {
    const script =
      (run: "evalsha" | "eval") =>
      async (text: string, _keys: number, ...given: unknown[]) => {
        const args = [...given.slice(1, -1).map(String), String(nowMs)];
        const answer = await this.#connection.ask("slots", (client) =>
          client[run](text, 1, key, ...args).catch(toldIfMissing),
        );
        if (isMissingScript(answer)) throw answer;
        return answer;
      };
    const zrem = (_key: string, member: string) =>
      this.#connection.ask("slots", (client) => client.zrem(key, member));
    return { evalsha: script("evalsha"), eval: script("eval"), zrem } as unknown as Client;
  }
}

/** The library answers a missing script itself, by its text: this error must reach it as it is. */
function toldIfMissing(error: unknown): unknown {
  if (isMissingScript(error)) return error;
  throw error;
}

const noCluster = () =>
  new ConfigurationError(
    "`caps` does not work on a Redis Cluster; give this guard a standalone Redis or one behind Sentinel, or leave `caps` out",
  );
