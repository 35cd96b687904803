import { isStoreUnavailable } from "../errors.js";
import type { Connection } from "./connection.js";
import { packed } from "./packed.js";
import type { Script } from "./script.js";
import { type AdmitInput, batch, type SettleInput } from "./scripts.js";

/** So many calls in one run at most: it holds up everybody else's for about a millisecond. */
const mostCalls = 64;

/** One call on its way into a batch. */
interface Gathered {
  readonly ask: Ask;
  resolve(answer: unknown[] | Promise<unknown[]>): void;
  reject(error: unknown): void;
}

/** What is asked: by its own script, or by its letter in a batch. */
export type Ask = { readonly patienceMs: number } & (
  | { readonly letter: "a"; readonly script: Script<AdmitInput>; readonly input: AdmitInput }
  | { readonly letter: "s"; readonly script: Script<SettleInput>; readonly input: SettleInput }
);

/**
 * Claims and settlements of one bot share script runs: the first goes at once, and what is asked while another is under
 * way goes together at the end of the event loop's turn. Nobody waits for others that way, and under load Redis and
 * this process have a fraction of the work.
 */
export class Batches {
  readonly #connection: Connection;
  readonly #gathered = new Map<string, Gathered[]>();
  #underWay = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Answers what the script would answer. */
  run(bot: string, ask: Ask): Promise<unknown[]> {
    if (this.#underWay === 0 || !isOrdinary(ask)) return this.#alone(ask);
    return new Promise((resolve, reject) => this.#gather(bot, { ask, resolve, reject }));
  }

  #gather(bot: string, call: Gathered): void {
    const gathered = this.#gathered.get(bot);
    if (gathered === undefined) {
      this.#gathered.set(bot, [call]);
      setImmediate(() => this.#flush(bot));
    } else if (gathered.push(call) === mostCalls) this.#flush(bot);
  }

  #flush(bot: string): void {
    const calls = this.#gathered.get(bot);
    this.#gathered.delete(bot);
    if (calls === undefined) return;
    if (calls.length === 1) calls[0]!.resolve(this.#alone(calls[0]!.ask));
    else void this.#together(calls);
  }

  async #together(calls: readonly Gathered[]): Promise<void> {
    this.#underWay++;
    try {
      const [, now, done] = await this.#connection.run(batch, packed(calls), 0);
      for (const [i, { ask, resolve }] of calls.entries())
        resolve((done as string)[i] === "1" ? ordinary(ask, now) : this.#alone(ask));
    } catch (error) {
      // Keys that are being moved: nothing was carried out, and each call has patience of its own.
      const moving = isStoreUnavailable(error) && error.moving;
      for (const { ask, resolve, reject } of calls) {
        if (moving) resolve(this.#alone(ask));
        else reject(error);
      }
    } finally {
      this.#underWay--;
    }
  }

  async #alone(ask: Ask): Promise<unknown[]> {
    this.#underWay++;
    try {
      return await this.#connection.run(ask.script as Script<unknown>, ask.input, ask.patienceMs);
    } finally {
      this.#underWay--;
    }
  }
}

/** Is it what a batch can carry out? Rotated secrets, windows and turns that are given back need their own script. */
function isOrdinary(ask: Ask): boolean {
  const { charges } = ask.input;
  if (charges.some(({ params }) => params.kind === "window")) return false;
  return ask.letter === "a" ? ask.input.claimed === 1 : ask.input.as === "done" || ask.input.as === "free";
}

/** What the call's own script answers in the ordinary case. */
const ordinary = (ask: Ask, now: unknown): unknown[] =>
  ask.letter === "a" ? ["go", now, ask.input.lease] : ["settled", now];
