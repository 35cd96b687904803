import { FAULT_KINDS, type Fault, type FaultHandle } from "./fault.js";

/** What a fault is matched against. */
export interface FaultCandidate {
  method: string;
  chat: number | undefined;
  bot: number;
}

interface Entry {
  id: number;
  fault: Fault;
  passes: number;
  left: number;
  hits: number;
}

/** The faults to come, in the order they were scripted: the first match wins. */
export class FaultScript {
  #entries: Entry[] = [];
  #lastId = 0;
  readonly #matches: (fault: Fault, candidate: FaultCandidate) => boolean;

  constructor(matches: (fault: Fault, candidate: FaultCandidate) => boolean) {
    this.#matches = matches;
  }

  /** Adds a fault at the end. @throws TypeError when its kind is unknown. */
  add(fault: Fault): FaultHandle {
    if (!FAULT_KINDS.includes(fault.kind)) {
      throw new TypeError(`unknown fault kind "${fault.kind}": use one of ${FAULT_KINDS.join(", ")}`);
    }
    const entry: Entry = {
      id: ++this.#lastId,
      fault,
      passes: fault.after ?? 0,
      left: fault.times ?? 1,
      hits: 0,
    };
    this.#entries.push(entry);
    return {
      id: entry.id,
      get hits() {
        return entry.hits;
      },
      remove: () => this.remove(entry.id),
    };
  }

  /** The fault for this request, counted as used; undefined when none is meant for it. */
  take(candidate: FaultCandidate): Fault | undefined {
    for (const entry of this.#entries) {
      if (!this.#matches(entry.fault, candidate)) continue;
      if (entry.passes-- > 0) continue;
      entry.hits++;
      if (--entry.left <= 0) this.remove(entry.id);
      return entry.fault;
    }
    return undefined;
  }

  /** Withdraws one fault, or all of them. */
  remove(id?: number): void {
    this.#entries = id === undefined ? [] : this.#entries.filter((entry) => entry.id !== id);
  }
}
