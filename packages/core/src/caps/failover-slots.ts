import { isStoreUnavailable } from "../errors.js";
import type { SlotRequest, Slots } from "../store/port.js";
import type { MemorySlots } from "./memory-slots.js";

interface FailoverSlotsOptions {
  readonly whenStoreDown: "local" | "allow-all" | "reject";
  /** Asks the shared store, unless it is known to be away. */
  readonly ask: <T>(command: () => Promise<T>) => Promise<T>;
}

/**
 * Slots of a store that may go away. What this process holds also stands in its memory, so that alone it counts on
 * from there; until the store is back, each process has the whole limit to itself.
 */
export class FailoverSlots implements Slots {
  readonly #shared: Slots;
  readonly #local: MemorySlots;
  readonly #options: FailoverSlotsOptions;

  constructor(shared: Slots, local: MemorySlots, options: FailoverSlotsOptions) {
    this.#shared = shared;
    this.#local = local;
    this.#options = options;
  }

  async take(slot: SlotRequest): Promise<boolean> {
    const { ask, whenStoreDown } = this.#options;
    try {
      if (!(await ask(() => this.#shared.take(slot)))) return false;
    } catch (error) {
      if (!isStoreUnavailable(error) || whenStoreDown === "reject") throw error;
      return whenStoreDown === "allow-all" || this.#local.take(slot);
    }
    this.#local.hold(slot);
    return true;
  }

  /** While nobody can be asked, the slot counts as kept. */
  async keep(slot: SlotRequest): Promise<boolean> {
    void this.#local.keep(slot);
    return this.#asked(() => this.#shared.keep(slot), true);
  }

  /** What the shared store does not hear of now, comes back to it with the end of the lease. */
  async free(slot: SlotRequest): Promise<void> {
    void this.#local.free(slot);
    await this.#asked(() => this.#shared.free(slot), undefined);
  }

  async #asked<T>(command: () => Promise<T>, away: T): Promise<T> {
    try {
      return await this.#options.ask(command);
    } catch (error) {
      if (!isStoreUnavailable(error)) throw error;
      return away;
    }
  }
}
