import { type Clock, pause, sharedAbort } from "../clock.js";
import type { Delivery } from "../ledger/records.js";
import type { QueuedUpdate, UpdateQueue } from "./queue.js";
import { GIVE_UP_MS, redeliveryDelayMs, replyIn, taken } from "./redelivery.js";
import { Slots } from "./slots.js";
import type { Transport, WebhookResponse } from "./transport.js";

/** Where a bot wants its updates. */
export interface WebhookTarget {
  url: string;
  transport: Transport;
  /** Deliveries at a time. */
  maxConnections: number;
  /** A handler silent for so long has failed, ms. */
  timeoutMs: number;
}

/** What a dispatcher tells the rest of the emulator. */
export interface WebhookEvents {
  delivered(delivery: Delivery): void;
  /** A webhook reply: a call to carry out, whose result nobody sees. */
  replied(method: string, params: Record<string, unknown>): void;
}

/** Delivers a bot's updates: one chat in order, one at a time; chats side by side; again and again until taken. */
export class WebhookDispatcher {
  readonly #clock: Clock;
  readonly #queue: UpdateQueue;
  readonly #events: WebhookEvents;
  readonly #running = new Set<string>();
  readonly #slots = new Slots();
  readonly #closed = sharedAbort();
  #wake = sharedAbort();
  #target: WebhookTarget | undefined;
  /** The last failure, for getWebhookInfo. */
  lastError: { at: number; message: string } | undefined;

  constructor(clock: Clock, queue: UpdateQueue, events: WebhookEvents) {
    this.#clock = clock;
    this.#queue = queue;
    this.#events = events;
    queue.onPush(() => this.#start());
  }

  /** Where updates go now. */
  get target(): WebhookTarget | undefined {
    return this.#target;
  }

  /** Changes where updates go; `undefined` keeps them for getUpdates. An attempt under way goes on. */
  aim(target: WebhookTarget | undefined): void {
    this.#target = target;
    this.lastError = undefined;
    this.#wakeUp();
    this.#start();
  }

  /** Ends everything, attempts under way included. */
  close(): void {
    this.#target = undefined;
    this.#closed.abort();
    this.#wakeUp();
  }

  #wakeUp(): void {
    this.#wake.abort();
    this.#wake = sharedAbort();
  }

  #start(): void {
    if (!this.#target) return;
    for (const lane of this.#queue.lanes()) if (!this.#running.has(lane)) void this.#drain(lane);
  }

  async #drain(lane: string): Promise<void> {
    this.#running.add(lane);
    for (let entry = this.#next(lane); entry; entry = this.#next(lane)) {
      const delayMs = await this.#deliver(entry, this.#target!);
      if (delayMs > 0) await pause(this.#clock, delayMs, this.#wake.signal);
    }
    this.#running.delete(lane);
    // aimed elsewhere, or pushed, in the moment between the last look and the end
    if (this.#next(lane) && !this.#running.has(lane)) void this.#drain(lane);
  }

  #next(lane: string): QueuedUpdate | undefined {
    const entry = this.#target && this.#queue.first(lane);
    if (!entry || this.#clock.now() - entry.queuedAt < GIVE_UP_MS) return entry;
    this.#queue.remove(entry);
    return this.#next(lane);
  }

  /** Makes one attempt; milliseconds to wait before the lane goes on. */
  async #deliver(entry: QueuedUpdate, target: WebhookTarget): Promise<number> {
    await this.#slots.take(target.maxConnections);
    const at = this.#clock.now();
    const attempt = ++entry.attempts;
    const { response, error } = await this.#attempt(entry, target);
    this.#slots.give();
    if (this.#closed.signal.aborted) return 0;
    const status = response?.status ?? 0;
    this.#events.delivered({
      updateId: entry.update.update_id,
      attempt,
      at,
      status,
      ...(error ? { error } : {}),
    });
    if (taken(response)) {
      this.#queue.remove(entry);
      this.#carryOut(response!);
      return 0;
    }
    this.lastError = {
      at: this.#clock.now(),
      message: error ?? `Wrong response from the webhook: ${status}`,
    };
    return redeliveryDelayMs(attempt, response);
  }

  async #attempt({ update }: QueuedUpdate, { transport, timeoutMs }: WebhookTarget) {
    const over = new AbortController();
    const close = () => over.abort();
    this.#closed.signal.addEventListener("abort", close, { once: true });
    const answer = transport(structuredClone(update), over.signal).then(
      (response): Attempt => ({ response }),
      (): Attempt => ({ error: "Connection reset by peer" }),
    );
    const silence = pause(this.#clock, timeoutMs, over.signal).then(
      (full): Attempt => ({ error: full ? "Read timeout expired" : "Connection closed" }),
    );
    const attempt = await Promise.race([answer, silence]);
    over.abort();
    this.#closed.signal.removeEventListener("abort", close);
    return attempt;
  }

  #carryOut(response: WebhookResponse): void {
    const reply = replyIn(response);
    if (reply) this.#events.replied(reply.method, reply.params);
  }
}

interface Attempt {
  response?: WebhookResponse;
  error?: string;
}
