import type { AbortSignalLike, Call, Delivery, Send } from "./call.js";
import { copyOf } from "./flights.js";
import { factsOf, type Job } from "./job.js";
import { chatOf } from "./limiter/plan.js";
import { unlessCalled } from "./limiter/wait.js";
import type { Preparation } from "./preparation.js";
import { refuse } from "./refusal.js";
import type { Soon } from "./soon.js";

/** One edit as its caller asked for it. */
interface Wanted {
  readonly send: Send;
}

/** Edits of one message that wait for one turn; the last to come is the one that is sent. */
interface Pending {
  readonly name: string;
  latest: Wanted;
  riders: number;
  readonly alone: AbortController;
  readonly job: Job;
  done: Promise<Delivery>;
}

/**
 * Edits that pay like messages. Of several edits of one message that wait for their turn only the last is sent, as
 * when a language model's answer grows in the chat, and never two at once:
 *
 *     edits   a ── b ── c ──── d ── e ─────▶
 *     turns   ▲a           ▲c          ▲e        b answers what c answers
 */
export class Edits {
  readonly #edit: (job: Job) => Promise<Delivery>;
  readonly #preparation: Preparation;
  readonly #coalesces: boolean;
  readonly #pending = new Map<string, Pending>();
  /** What is on its way for a message: the next edit goes after it. */
  readonly #flying = new Map<string, Promise<unknown>>();

  /** @param edit sends one when its turn comes */
  constructor(edit: (job: Job) => Promise<Delivery>, preparation: Preparation, coalesces: boolean) {
    this.#edit = edit;
    this.#preparation = preparation;
    this.#coalesces = coalesces;
  }

  send(call: Call, send: Send, signal: AbortSignalLike | undefined): Soon<Delivery> {
    const name = this.#coalesces ? nameOf(call) : undefined;
    if (name === undefined) return this.#edit(this.#preparation.edit(call, send, signal));
    if (signal?.aborted) return this.#edit(this.#preparation.edit(call, send, signal));
    const wanted = { send };
    const pending = this.#pending.get(name) ?? this.#open(name, call, wanted);
    pending.latest = wanted;
    return this.#ride(pending, wanted, signal);
  }

  #open(name: string, call: Call, first: Wanted): Pending {
    const alone = new AbortController();
    const before = this.#flying.get(name);
    const pending = { name, latest: first, riders: 0, alone } as Omit<Pending, "job" | "done"> as Pending;
    const take: Send = (signal) => {
      this.#take(name, pending);
      return pending.latest.send(signal);
    };
    const job = this.#preparation.edit(call, take, alone.signal);
    const done = this.#afterwards(before, job).finally(() => this.#close(name, pending));
    this.#pending.set(name, Object.assign(pending, { job, done }));
    return pending;
  }

  /**
   * A guard that closes waits for nobody: it is refused while the one before is still on its way. Never at once: it
   * must be known as pending before it is taken.
   */
  async #afterwards(before: Promise<unknown> | undefined, job: Job): Promise<Delivery> {
    await (before && unlessCalled(before, job.closing));
    return this.#edit(job);
  }

  /** Its turn has come: who edits from now on opens another. */
  #take(name: string, pending: Pending): void {
    if (this.#pending.get(name) !== pending) return;
    this.#pending.delete(name);
    this.#flying.set(name, pending.done);
  }

  #close(name: string, pending: Pending): void {
    if (this.#pending.get(name) === pending) this.#pending.delete(name);
    if (this.#flying.get(name) === pending.done) this.#flying.delete(name);
  }

  /** Each caller keeps its own signal; the edit is given up when nobody wants it any more. */
  async #ride(pending: Pending, wanted: Wanted, signal: AbortSignalLike | undefined): Promise<Delivery> {
    pending.riders++;
    let leave = () => {};
    const left = new Promise<Delivery>((resolve) => {
      leave = () => resolve(this.#leave(pending));
    });
    signal?.addEventListener("abort", leave);
    try {
      return this.#answer(await Promise.race([pending.done, left]), pending, wanted);
    } finally {
      signal?.removeEventListener("abort", leave);
    }
  }

  #leave(pending: Pending): Delivery {
    pending.riders--;
    if (pending.riders <= 0) {
      // Who edits from now on must not join what is given up.
      if (this.#pending.get(pending.name) === pending) this.#pending.delete(pending.name);
      pending.alone.abort();
    }
    return refuse(factsOf(pending.job), "aborted");
  }

  /** Whose text was sent has sent it; the others were overtaken and hear the same. */
  #answer(delivery: Delivery, pending: Pending, wanted: Wanted): Delivery {
    if (delivery.status !== "sent" || pending.latest === wanted) return delivery;
    return { ...delivery, status: "replayed", result: copyOf(delivery.result) };
  }
}

/** The message that a call edits; edits of another kind (a caption, a keyboard) do not stand for each other. */
function nameOf({ bot, method, payload }: Call): string | undefined {
  const { message_id, inline_message_id } = payload;
  const id = inline_message_id ?? (message_id === undefined ? undefined : `${chatOf(payload)}/${message_id}`);
  return id === undefined ? undefined : `${bot}|${method.toLowerCase()}|${String(id)}`;
}
