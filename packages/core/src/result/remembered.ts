import { type Job, recordOf } from "../job.js";
import { BoundedMap } from "../store/bounded-map.js";
import { type ResultMode, replayedResult, storedResult } from "./index.js";

/** Full results that this process remembers: the one that sent a message replays all of it. */
const mostRemembered = 2_000;

interface Remembered {
  /** What went to the store: if it holds something else by now, the memory is stale. */
  readonly stored: string | undefined;
  readonly json: string;
}

/** What replays return: the full result where this process sent it, else what the store kept. */
export class Results {
  readonly #mode: ResultMode;
  readonly #remembered = new BoundedMap<Remembered>({
    limit: mostRemembered,
    isExpired: () => false,
    mayDrop: () => true,
  });

  constructor(mode: ResultMode) {
    this.#mode = mode;
  }

  /** Remembers a result; answers the part of it that goes to the store. */
  keep(job: Job, method: string, result: unknown): string | undefined {
    if (job.identity.id === undefined) return undefined;
    const stored = storedResult(method, result, this.#mode);
    const json = jsonOf(result);
    if (json !== undefined) this.#remembered.set(nameOf(job), { stored, json }, 0);
    return stored;
  }

  /** A fresh object each time: callers change what they are given. */
  recall(job: Job, stored: string | undefined): unknown {
    const own = this.#remembered.get(nameOf(job));
    if (own && own.stored === stored) return JSON.parse(own.json);
    return replayedResult(job.call, stored);
  }
}

const nameOf = (job: Job): string => `${job.call.bot}:${recordOf(job)}`;

/** The message is out: whatever a plugin has put into its result must not fail the call now. */
function jsonOf(result: unknown): string | undefined {
  try {
    return JSON.stringify(result);
  } catch {
    return undefined;
  }
}
