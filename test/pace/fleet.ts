import { VirtualClock } from "@sendonce/core/testing";
import { createEmulator, type Emulator, type EmulatorOptions } from "@sendonce/emulator";
import {
  type Clock,
  createGuard,
  type Delivery,
  type Guard,
  type GuardOptions,
  insideUpdate,
  memoryStore,
  openUpdate,
  type Store,
} from "@sendonce/grammy";
import { onTestFinished } from "vitest";

/** One process of the fleet: how late it wakes, and how long its requests take to reach Telegram and to come back. */
export interface ProcessOptions {
  readonly guard?: GuardOptions;
  /** Milliseconds by which it sleeps past the time it meant to wake. */
  readonly late?: () => number;
  /** The way there, in ms: Telegram counts the message at its end. */
  readonly upMs?: () => number;
  /** The way back, in ms: Telegram has counted the message at its beginning. */
  readonly downMs?: () => number;
}

/** How one send ended, with the times that matter, in ms since the fleet began. */
export interface Sent {
  readonly delivery: Delivery;
  readonly askedAt: number;
  readonly endedAt: number;
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const token = "4242:test-token";
const bot = "4242";

/** Processes on one store before one emulated Telegram, all in one virtual time. */
export class Fleet {
  readonly clock = new VirtualClock();
  readonly store: Store = memoryStore({ clock: this.clock });
  readonly emulator: Emulator;
  readonly #startedAt = this.clock.now();
  #updates = 1;

  constructor(options: EmulatorOptions = {}) {
    this.emulator = createEmulator({ ...options, clock: this.clock });
    onTestFinished(() => this.emulator.close());
  }

  /** Milliseconds since the fleet began. */
  get now(): number {
    return this.sinceStart(this.clock.now());
  }

  sinceStart(at: number): number {
    return Math.round((at - this.#startedAt) * 1_000) / 1_000;
  }

  process(options: ProcessOptions = {}): Process {
    return new Process(this, options);
  }

  processes(count: number, options: ProcessOptions = {}): Process[] {
    return Array.from({ length: count }, () => this.process(options));
  }

  /** Lets time run until all of it is done. */
  all<T>(work: readonly Promise<T>[]): Promise<T[]> {
    return this.clock.run(Promise.all(work));
  }

  /** An update nobody has had before: sends inside `fn` are replies. */
  inUpdate<T>(fn: () => T): T {
    return insideUpdate(openUpdate(bot, this.#updates++), fn);
  }

  /** When Telegram put each message into its chat, in ms since the fleet began. */
  receivedAt(chat?: number): number[] {
    return this.emulator.ledger.received(chat).map(({ at }) => this.sinceStart(at));
  }

  /** Ten messages that lie in a chat of their own, to be forwarded; a minute later no limit remembers them. */
  async sources(): Promise<readonly number[]> {
    const posts = Array.from({ length: 10 }, (_, i) =>
      this.post("sendMessage", { chat_id: 99, text: `${i}` }),
    );
    const posted = (await this.all(posts)) as { result: { message_id: number } }[];
    await this.clock.advance(60_000);
    this.emulator.ledger.clear();
    return posted.map(({ result }) => result.message_id);
  }

  /** One request as the wire sees it. */
  async post(method: string, payload: object): Promise<object> {
    const answer = await this.emulator.fetch(`http://telegram/bot${token}/${method}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(payload),
    });
    return (await answer.json()) as object;
  }
}

/** A guard of its own on the fleet's store. */
export class Process {
  readonly guard: Guard;
  /** When each request left this process, that is, right after its SENDING mark; in ms since the fleet began. */
  readonly marks: { readonly at: number; readonly chat: unknown; readonly text: unknown }[] = [];
  readonly #fleet: Fleet;
  readonly #options: ProcessOptions;

  constructor(fleet: Fleet, options: ProcessOptions) {
    this.#fleet = fleet;
    this.#options = options;
    const clock = lateClock(fleet.clock, options.late ?? never);
    this.guard = createGuard({ store: fleet.store, clock, logger: quiet, ...options.guard });
  }

  /** Starts a send and does not wait for it. */
  async send(payload: object, method = "sendMessage"): Promise<Sent> {
    const askedAt = this.#fleet.now;
    const call = { bot, method, payload: payload as Record<string, unknown> };
    const delivery = await this.guard.run(call, async () => {
      const { chat_id: chat, text } = call.payload;
      this.marks.push({ at: this.#fleet.now, chat, text });
      return { type: "response", body: (await this.#overTheWire(method, payload)) as never };
    });
    return { delivery, askedAt, endedAt: this.#fleet.now };
  }

  async #overTheWire(method: string, payload: object): Promise<object> {
    const { upMs = never, downMs = never } = this.#options;
    await this.#fleet.clock.sleep(upMs());
    const answer = await this.#fleet.post(method, payload);
    await this.#fleet.clock.sleep(downMs());
    return answer;
  }
}

const never = () => 0;

/** A process that is too busy, or was put to sleep, wakes late: not earlier than told, but at any time after. */
function lateClock(clock: VirtualClock, late: () => number): Clock {
  return {
    now: clock.now,
    every: clock.every,
    sleep: (ms, signal) => clock.sleep(ms > 0 ? ms + late() : ms, signal),
  };
}
