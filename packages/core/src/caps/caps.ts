import type { Call } from "../call.js";
import type { Clock } from "../clock.js";
import { defaults } from "../defaults.js";
import { calledOff, type Job, ownerToken, remainingMs } from "../job.js";
import { Lines, type Ticket } from "../limiter/line.js";
import { waitUntil } from "../limiter/wait.js";
import type { Reporter } from "../observe/report.js";
import { type Settings, timing } from "../options.js";
import type { SlotRequest, Slots } from "../store/port.js";
import type { Cap } from "./cap.js";

/** A cap over a call, and the call's place in this process's line for it. */
interface Place {
  readonly cap: Cap;
  readonly line: string;
  readonly ticket: Ticket;
}

/** The slots of one call. */
interface Holding {
  readonly slots: Map<Cap, SlotRequest>;
  readonly stop: () => void;
}

/** What to do while a call waits for a slot. */
export interface SlotWait {
  /** Once, at the beginning. */
  begin(cap: string, lookAgainMs: number): void;
  /** Then, and every `renewEveryMs`. */
  keep(): void;
}

/**
 * "At most N at once" for the fleet. In this process the calls of one cap stand in a line whose head alone asks the
 * store; between processes, the heads look again in turn, and the first that finds a slot has it.
 *
 *     turn reserved ─ asleep ─▶ turn ─ slot? ─▶ slot ─ admit: go ─▶ request ─▶ slot free
 *                                                 └── admit: wait ──▶ slot free, asleep
 *
 * A slot is held for the admit that may say go and for the request: never while a call sleeps.
 */
export class Caps {
  readonly #slots: Slots;
  readonly #caps: readonly Cap[];
  readonly #clock: Clock;
  readonly #reporter: Reporter;
  readonly #lines: Lines;
  readonly #wakesOwn: boolean;
  readonly #places = new WeakMap<Job, readonly Place[]>();
  readonly #held = new Map<Job, Holding>();
  readonly #looking = new Map<string, () => void>();
  readonly #freeing = new Set<Promise<unknown>>();

  /**
   * @param wakesOwn a slot given back here wakes the next call here at once. Not where other processes wait too: who
   *   frees one would always be there first, and they would starve
   */
  constructor(slots: Slots, settings: Settings, reporter: Reporter, wakesOwn: boolean) {
    this.#slots = slots;
    this.#caps = settings.caps;
    this.#clock = settings.clock;
    this.#reporter = reporter;
    this.#lines = new Lines(settings.clock);
    this.#wakesOwn = wakesOwn;
  }

  /** Calls that hold a slot. */
  get size(): number {
    return this.#held.size;
  }

  covers(call: Call): boolean {
    return this.#caps.some((cap) => cap.covers(call));
  }

  /**
   * Waits until every cap over the call has a slot for it; who holds them already goes on at once. Answers the cap
   * that had none before the caller's patience or interest ended.
   *
   * @throws StoreUnavailable; ConfigurationError where the store has no slots; what a predicate throws
   */
  async enter(job: Job, wait: SlotWait): Promise<string | undefined> {
    for (const place of this.#placesOf(job)) {
      if (this.#held.get(job)?.slots.has(place.cap)) continue;
      const from = this.#clock.now();
      try {
        if (!(await this.#take(job, place, wait))) return place.cap.name;
      } finally {
        job.waitedMs += this.#clock.now() - from;
      }
    }
    return undefined;
  }

  /** Gives the call's slots back, if it holds any. Never rejects. */
  async leave(job: Job): Promise<void> {
    const holding = this.#held.get(job);
    if (holding === undefined) return;
    this.#held.delete(job);
    holding.stop();
    await Promise.all([...holding.slots.values()].map((slot) => this.#free(slot)));
  }

  /** Slots of requests that are left to themselves run out with their leases. */
  stopKeeping(): void {
    for (const { stop } of this.#held.values()) stop();
  }

  /** Waits until all that was given back is free for others. */
  async rest(): Promise<void> {
    await Promise.all(this.#freeing);
  }

  /** Asked once for a call, before anything is reserved for it: a predicate may throw. */
  #placesOf(job: Job): readonly Place[] {
    const known = this.#places.get(job);
    if (known) return known;
    const places = this.#caps
      .filter((cap) => cap.covers(job.call))
      .map((cap) => {
        const line = lineOf(job.call.bot, cap.name);
        const ticket = this.#lines.join(line);
        ticket.leave();
        return { cap, line, ticket };
      });
    this.#places.set(job, places);
    return places;
  }

  async #take(job: Job, { cap, line, ticket }: Place, wait: SlotWait): Promise<boolean> {
    const slot = slotFor(job, cap);
    let stop: (() => void) | undefined;
    const waiting = () => {
      stop ??= this.#waits(cap, wait);
    };
    ticket.rejoin();
    try {
      while (await this.#atHead(job, ticket, waiting)) {
        if (await this.#ask(slot)) {
          this.#hold(job, cap, slot);
          return true;
        }
        const leftMs = remainingMs(job, this.#clock);
        if (leftMs <= 0) return false;
        waiting();
        await this.#untilNextLook(job, line, Math.min(this.#pauseMs(), leftMs));
      }
      return false;
    } finally {
      stop?.();
      ticket.leave();
    }
  }

  /** Answers `false` when patience or interest ended first. */
  async #atHead(job: Job, ticket: Ticket, waiting: () => void): Promise<boolean> {
    if (calledOff(job)) return false;
    if (ticket.isHead) return true;
    waiting();
    return ticket.head(remainingMs(job, this.#clock), job.signal, job.closing);
  }

  async #untilNextLook({ signal, closing }: Job, line: string, ms: number): Promise<void> {
    const woken = new Promise<void>((resolve) => this.#looking.set(line, resolve));
    await waitUntil(this.#clock, woken, ms, signal, closing);
    this.#looking.delete(line);
  }

  /** Between processes never in step: who looks just after another each time would never find a slot. */
  #pauseMs(): number {
    return this.#wakesOwn ? lookAgainMs : lookAgainMs * (0.5 + Math.random());
  }

  #waits(cap: Cap, wait: SlotWait): () => void {
    wait.begin(cap.name, lookAgainMs);
    wait.keep();
    return this.#clock.every(defaults.renewEveryMs, () => wait.keep());
  }

  /** An answer that was lost may have been a yes. */
  async #ask(slot: SlotRequest): Promise<boolean> {
    try {
      return await this.#slots.take(slot);
    } catch (error) {
      void this.#free(slot);
      throw error;
    }
  }

  #hold(job: Job, cap: Cap, slot: SlotRequest): void {
    const holding = this.#held.get(job);
    if (holding) return void holding.slots.set(cap, slot);
    const slots = new Map([[cap, slot]]);
    const stop = this.#clock.every(defaults.renewEveryMs, () => {
      for (const held of slots.values()) void this.#keep(held, () => this.#held.get(job)?.slots === slots);
    });
    this.#held.set(job, { slots, stop });
  }

  /** A slot that was lost (the process slept, the store forgot) is taken again if one is free; the request goes on. */
  async #keep(slot: SlotRequest, isHeld: () => boolean): Promise<void> {
    try {
      if ((await this.#slots.keep(slot)) || !isHeld()) return;
      if (!(await this.#slots.take(slot))) this.#reporter.storeFailed("keep", new Error(lost(slot)));
      else if (!isHeld()) await this.#free(slot);
    } catch (error) {
      this.#reporter.storeFailed("keep", error);
    }
  }

  #free(slot: SlotRequest): Promise<void> {
    const freeing = this.#slots
      .free(slot)
      .catch((error: unknown) => this.#reporter.storeFailed("free", error))
      .then(() => {
        this.#freeing.delete(freeing);
        if (this.#wakesOwn) this.#looking.get(lineOf(slot.bot, slot.cap))?.();
      });
    this.#freeing.add(freeing);
    return freeing;
  }
}

const { lookAgainMs } = defaults.caps;

const lineOf = (bot: string, cap: string): string => `${bot}|${cap}`;

const slotFor = ({ call: { bot } }: Job, { name, limit }: Cap): SlotRequest => ({
  bot,
  cap: name,
  limit,
  owner: ownerToken(),
  leaseUs: timing.leaseUs,
});

const lost = ({ cap }: SlotRequest): string =>
  `a slot of the cap ${cap} was lost while its request was open: for its rest, one more than the limit may be`;
