import { type Guard, type Measuring, measure, readings } from "@sendonce/core";
import type { Registry } from "prom-client";
import { CounterBoard } from "./counters.js";
import { registerGauges } from "./gauges.js";
import { type Buckets, HistogramBoard } from "./histograms.js";

interface Observed {
  readonly measuring: Measuring;
  readonly tokens: boolean;
}

/** The metrics of one registry under one prefix, shared by all guards that are observed there. */
export class Board {
  static readonly #boards = new WeakMap<Registry, Map<string, Board>>();

  readonly #guards = new Map<Guard, Observed>();
  readonly #counters: CounterBoard;
  readonly #histograms: HistogramBoard;

  /** The one that is there, or a new one where there is none or where the registry was cleared. */
  static in(registry: Registry, prefix: string, buckets: Buckets): Board {
    const boards = Board.#boards.get(registry) ?? new Map<string, Board>();
    Board.#boards.set(registry, boards);
    const known = boards.get(prefix);
    if (known?.isRegistered) return known;
    const board = new Board(registry, prefix, buckets);
    boards.set(prefix, board);
    return board;
  }

  private constructor(registry: Registry, prefix: string, buckets: Buckets) {
    this.#counters = new CounterBoard(registry, prefix);
    this.#histograms = new HistogramBoard(registry, prefix, buckets);
    registerGauges(registry, prefix, () => this.#read());
  }

  get isRegistered(): boolean {
    return this.#counters.isRegistered;
  }

  /** Observed twice, a guard is counted once. */
  add(guard: Guard, tokens: boolean): () => void {
    const measuring = this.#guards.get(guard)?.measuring ?? measure(guard, this.#recorder);
    this.#guards.set(guard, { measuring, tokens });
    return () => {
      measuring.stop();
      this.#guards.delete(guard);
    };
  }

  get #recorder() {
    return {
      counter: this.#counters.series,
      histogram: this.#histograms.series,
    };
  }

  #read() {
    return Promise.all(
      [...this.#guards].map(([guard, { measuring, tokens }]) =>
        readings(guard, { bots: tokens ? measuring.bots : [] }),
      ),
    );
  }
}
