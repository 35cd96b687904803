import { type Clock, pause } from "../clock.js";
import type { Exchange } from "../serving/exchange.js";
import { ApiError } from "../world/api-error.js";
import type { UpdateQueue } from "./queue.js";
import type { EmulatedUpdate } from "./update.js";

/** What getUpdates was asked for. */
export interface PollOptions {
  offset?: number | undefined;
  /** 1–100. */
  limit: number;
  timeoutMs: number;
}

/** Long polling for one bot: one poll at a time, a second one ends the first. */
export class Polling {
  readonly #clock: Clock;
  readonly #queue: UpdateQueue;
  #terminate: (() => void) | undefined;

  constructor(clock: Clock, queue: UpdateQueue) {
    this.#clock = clock;
    this.#queue = queue;
  }

  /** Waits for updates at most `timeoutMs`. @throws 409 when another poll begins meanwhile */
  async poll({ offset, limit, timeoutMs }: PollOptions, exchange: Exchange): Promise<EmulatedUpdate[]> {
    this.#terminate?.();
    if (offset !== undefined) this.#queue.confirm(offset);
    const updates = this.#queue.serve(limit);
    if (updates.length > 0 || timeoutMs <= 0) return updates;
    if (await this.#terminatedWhileWaiting(timeoutMs, exchange)) throw terminated();
    return exchange.ended.aborted ? [] : this.#queue.serve(limit);
  }

  async #terminatedWhileWaiting(timeoutMs: number, exchange: Exchange): Promise<boolean> {
    const wake = new AbortController();
    let conflict = false;
    const end = () => wake.abort();
    const terminate = () => {
      conflict = true;
      wake.abort();
    };
    this.#terminate = terminate;
    const unlisten = this.#queue.onPush(end);
    exchange.ended.addEventListener("abort", end, { once: true });
    await pause(this.#clock, timeoutMs, wake.signal);
    exchange.ended.removeEventListener("abort", end);
    unlisten();
    if (this.#terminate === terminate) this.#terminate = undefined;
    return conflict;
  }
}

const terminated = () =>
  new ApiError(
    409,
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
  );
