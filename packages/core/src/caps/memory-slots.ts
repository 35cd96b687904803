import { type Clock, microsNow } from "../clock.js";
import type { SlotRequest, Slots } from "../store/port.js";

/** Slots for one process: who holds one, and until when. Nothing is kept of a cap that nobody uses. */
export class MemorySlots implements Slots {
  readonly #clock: Clock;
  readonly #caps = new Map<string, Map<string, number>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Caps with a slot taken. */
  get size(): number {
    return this.#caps.size;
  }

  async take(slot: SlotRequest): Promise<boolean> {
    const holders = this.#holders(slot);
    if (!holders.has(slot.owner) && holders.size >= slot.limit) return false;
    this.hold(slot);
    return true;
  }

  async keep(slot: SlotRequest): Promise<boolean> {
    if (!this.#holders(slot).has(slot.owner)) return false;
    this.hold(slot);
    return true;
  }

  async free(slot: SlotRequest): Promise<void> {
    const holders = this.#holders(slot);
    holders.delete(slot.owner);
    if (holders.size === 0) this.#caps.delete(nameOf(slot));
  }

  /** Takes over a slot that was given elsewhere, though it be one too many. */
  hold(slot: SlotRequest): void {
    const holders = this.#holders(slot);
    holders.set(slot.owner, this.#now(slot) + slot.leaseUs);
    this.#caps.set(nameOf(slot), holders);
  }

  /** Those whose lease is not over. */
  #holders(slot: SlotRequest): Map<string, number> {
    const holders = this.#caps.get(nameOf(slot)) ?? new Map<string, number>();
    const now = this.#now(slot);
    for (const [owner, until] of holders) if (until <= now) holders.delete(owner);
    return holders;
  }

  #now({ nowUs }: SlotRequest): number {
    return nowUs ?? microsNow(this.#clock);
  }
}

const nameOf = ({ bot, cap }: SlotRequest): string => `${bot}|${cap}`;
