import type { AbortSignalLike, ApiResponse, Call, Delivery, FileSource, Payload, Reply } from "../call.js";
import { createGuard, type Guard } from "../guard.js";
import type { EventName, GuardEvents } from "../observe/events.js";
import type { GuardOptions } from "../options.js";
import { memoryStore } from "../store/memory.js";
import type { Store } from "../store/port.js";
import { VirtualClock } from "./virtual-clock.js";

/** How the scripted Telegram answers one request: at once, or after a while. */
export type Answer = Reply | ((request: Request) => Reply | Promise<Reply>);

/** One request that reached the scripted Telegram. */
export interface Request {
  /** Milliseconds since the bench was set up. */
  readonly at: number;
  readonly method: string;
  readonly payload: Payload;
  readonly messageId: number;
}

/** Stands for a file class of a framework. */
export class TestFile {
  constructor(readonly source: FileSource) {}
}

export const ok = (result: unknown): Reply => ({ type: "response", body: { ok: true, result } });

export const refused = (error_code: number, description = "no", retry_after?: number): Reply => ({
  type: "response",
  body: {
    ok: false,
    error_code,
    description,
    ...(retry_after !== undefined && { parameters: { retry_after } }),
  } satisfies ApiResponse,
});

export const flood = (seconds: number): Reply => refused(429, "Too Many Requests", seconds);

export const failed = (code: string): Reply => ({ type: "failure", error: new Error(code), code });

/** Silences process warnings of guards without a logger. */
const quiet = { debug() {}, info() {}, warn() {}, error() {}, isLevelEnabled: () => false };

/** One process: a guard in virtual time before a Telegram that does what it is told. */
export class GuardBench {
  readonly clock: VirtualClock;
  readonly store: Store;
  readonly guard: Guard;
  readonly requests: Request[];
  readonly events: { [Name in EventName]?: GuardEvents[Name][] } = {};
  readonly #answers: Answer[];
  readonly #startedAt: number;
  readonly #options: GuardOptions;

  /** @param sibling another process of the same bot: the two share time, store and Telegram */
  constructor(options: GuardOptions = {}, sibling?: GuardBench) {
    this.#options = options;
    this.clock = sibling?.clock ?? new VirtualClock();
    this.store = sibling?.store ?? memoryStore({ clock: this.clock });
    this.requests = sibling?.requests ?? [];
    this.#answers = sibling ? sibling.#answers : [];
    this.#startedAt = sibling ? sibling.#startedAt : this.clock.now();
    this.guard = createGuard({ store: this.store, clock: this.clock, logger: quiet, ...options });
    const names = ["sent", "replayed", "failed", "refused", "wait", "freeze", "unguarded"] as const;
    for (const name of [...names, "updateDropped", "updateUnfinished", "storeError"] as const) {
      this.guard.on(name, (event) => {
        const seen: unknown[] = (this.events[name] as unknown[]) ?? [];
        (this.events as Record<string, unknown[]>)[name] = [...seen, event];
      });
    }
  }

  /** Another process with the same options, unless others are given. */
  sibling(options: GuardOptions = this.#options): GuardBench {
    return new GuardBench(options, this);
  }

  /** Milliseconds since the bench was set up. */
  get now(): number {
    return Math.round((this.clock.now() - this.#startedAt) * 1_000) / 1_000;
  }

  get texts(): unknown[] {
    return this.requests.map(({ payload }) => payload.text);
  }

  /** Scripts the next answers, in order of the requests; afterwards everything is delivered. */
  answers(...answers: Answer[]): void {
    this.#answers.push(...answers);
  }

  /** An answer that takes its time. */
  after(ms: number, reply?: Reply): Answer {
    return async (request) => {
      await this.clock.sleep(ms);
      return reply ?? delivered(request);
    };
  }

  /** Starts a call and does not wait for it. */
  start(payload: Payload, { method = "sendMessage", signal }: How = {}): Promise<Delivery> {
    const call: Call = {
      bot: "1",
      method,
      payload,
      fileOf: (value) => (value instanceof TestFile ? value.source : undefined),
    };
    return this.guard.run(call, () => this.#receive(method, payload), signal);
  }

  /** Makes a call and lets time run until it is answered. */
  call(payload: Payload, how?: How): Promise<Delivery> {
    return this.clock.run(this.start(payload, how));
  }

  say(text: string, chat: number | string = 5): Promise<Delivery> {
    return this.call({ chat_id: chat, text });
  }

  async #receive(method: string, payload: Payload): Promise<Reply> {
    const messageId = this.requests.length + 1;
    const request = { at: this.now, method, payload, messageId };
    this.requests.push(request);
    const answer = this.#answers.shift() ?? delivered;
    return typeof answer === "function" ? answer(request) : answer;
  }
}

export interface How {
  readonly method?: string;
  readonly signal?: AbortSignalLike;
}

/** A message, as Telegram answers. */
function delivered({ payload, messageId, at }: Request): Reply {
  const chat = { id: Number(payload.chat_id) || -1, type: "private" };
  return ok({
    message_id: messageId,
    date: Math.floor(at / 1000),
    chat,
    text: payload.text,
    from: { id: 1 },
  });
}
