import { appendFileSync, closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * How a process was told that its try of an operation ended.
 * - `ok`: Telegram has it
 * - `replayed`: an earlier try has sent it
 * - `fail`: Telegram did not take it, or never heard of it
 * - `refused`: Sendonce sent nothing
 * - `unknown`: nobody knows, of this try or of an earlier one
 */
export type Ending = "ok" | "replayed" | "fail" | "refused" | "unknown";

/** One line of a history: a try of an operation begins, or has ended. */
export interface HistoryLine {
  /** Of the operation, the same in every process that tries it: its key or its unique text. */
  readonly operation: string;
  /** Unique for each process, also for one that takes a dead one's place. */
  readonly process: string;
  readonly event: "invoke" | Ending;
  /** Milliseconds since 1970, by a clock that does not jump. */
  readonly at: number;
  /** More about it, for the reader. */
  readonly note?: string;
}

/**
 * What one process has tried, in a file of its own. A line is with the kernel before the call returns, so that a
 * kill -9 afterwards loses none.
 */
export class History {
  readonly process: string;
  readonly #file: number;

  /** @param folder as `historyFolder` makes it */
  constructor(folder: string, process: string) {
    this.process = process;
    this.#file = openSync(join(folder, `${process}.jsonl`), "a");
  }

  /** To be called before anything is done. */
  invoke(operation: string): void {
    this.#write({ operation, event: "invoke" });
  }

  /** To be called once for each invoke. */
  end(operation: string, ending: Ending, note?: string): void {
    this.#write({ operation, event: ending, ...(note === undefined ? {} : { note }) });
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(line: Omit<HistoryLine, "process" | "at">): void {
    const at = performance.timeOrigin + performance.now();
    appendFileSync(this.#file, `${JSON.stringify({ ...line, process: this.process, at })}\n`);
  }
}

/** All lines of a run: process by process, each in its own order. */
export function readHistories(folder: string): HistoryLine[] {
  return readdirSync(folder).flatMap((name) => linesIn(readFileSync(join(folder, name), "utf8")));
}

/** A last line without its end was never finished: nothing was done after it. */
function linesIn(text: string): HistoryLine[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as HistoryLine);
}
