import { type Job, recordOf } from "../job.js";
import type { Reporter } from "../observe/report.js";
import type { Settings } from "../options.js";
import { SafeCodec } from "./codec.js";
import { type ResultMode, replayedResult, storedResult } from "./index.js";
import { Recent } from "./recent.js";
import { forms } from "./stored.js";

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
  readonly #codec: SafeCodec | undefined;
  readonly #remembered = new Recent<Remembered>(mostRemembered);

  constructor(
    { result, codec }: Pick<Settings, "result" | "codec">,
    reporter: Pick<Reporter, "storeFailed">,
  ) {
    this.#mode = result;
    this.#codec = codec && new SafeCodec(codec, (step, why) => reporter.storeFailed(step, new Error(why)));
  }

  /** Remembers a result; answers the part of it that goes to the store. */
  keep(job: Job, result: unknown): string | undefined {
    if (job.identity.id === undefined) return undefined;
    const stored = this.#encoded(
      storedResult({ method: job.call.method, payload: { chat_id: job.chatId } }, result, this.#mode),
    );
    const json = jsonOf(result);
    if (json !== undefined) this.#remembered.set(nameOf(job), { stored, json });
    return stored;
  }

  /** A fresh object each time: callers change what they are given. */
  recall(job: Job, stored: string | undefined): unknown {
    const own = this.#remembered.get(nameOf(job));
    if (own && own.stored === stored) return JSON.parse(own.json);
    return replayedResult(job.call, this.#decoded(stored));
  }

  /** Where nothing was kept there is nothing to hide. What could not be encoded is not stored at all. */
  #encoded(stored: string | undefined): string | undefined {
    if (this.#codec === undefined || stored === undefined || stored === forms.sent) return stored;
    const text = this.#codec.encode(stored);
    return text === undefined ? forms.sent : forms.encoded + text;
  }

  /** What was stored before there was a codec is read as it is; without one, what was encoded tells nothing. */
  #decoded(stored: string | undefined): string | undefined {
    if (this.#codec === undefined || !stored?.startsWith(forms.encoded)) return stored;
    return this.#codec.decode(stored.slice(forms.encoded.length));
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
