import { deepEqual, equal, fail, ok } from "node:assert/strict";
import { randomBytes, randomInt } from "node:crypto";
import type { ApiResponse } from "../../call.js";
import { createGuard, type Guard } from "../../guard.js";
import type { EventName } from "../../observe/events.js";
import type { GuardOptions } from "../../options.js";
import { memoryStore } from "../../store/memory.js";
import type { Store } from "../../store/port.js";
import type { AdapterBinding, AdapterPart, BotProfile, LawUpdate, SaidError } from "./adapter-binding.js";
import { LawBot, type Told } from "./law-bot.js";
import { LawClock } from "./law-clock.js";
import { inLawTime } from "./law-store.js";
import type { LawFault, LocalTelegram } from "./local-telegram.js";
import { Tap } from "./tap.js";

/** What the laws are run on. */
export interface AdapterUnderLaw {
  readonly adapter: AdapterBinding;
  /** A new local Telegram in the laws' time, such as `(clock) => createEmulator({ clock })`. */
  readonly telegram: (clock: LawClock) => LocalTelegram;
  /** A store, shared or new; not closed by the laws. @default a memory store for each law */
  readonly store?: (() => Store | Promise<Store>) | undefined;
}

/** How a bot is opened. */
export interface OpenOptions {
  /** How often the adapter is put on. @default 1 */
  readonly installs?: number;
  /** Another Bot API root. */
  readonly url?: string;
  readonly token?: string;
  /** A guard that other bots have as well. */
  readonly guard?: Guard;
}

type Parts = { telegram: LocalTelegram; tap: Tap; clock: LawClock; store: Store };

/** A local Telegram, a store and a time of its own for one law. Bots opened here with guards of their own are processes. */
export class AdapterBench {
  readonly binding: AdapterBinding;
  readonly telegram: LocalTelegram;
  readonly clock: LawClock;
  readonly store: Store;
  readonly tap: Tap;
  readonly botId = randomInt(1_000_000_000, 9_999_999_999);
  readonly secret = `LawSecret${randomBytes(8).toString("hex")}`;
  readonly #bots: LawBot[] = [];
  readonly #faults: [LawFault, { readonly hits: number }][] = [];

  private constructor(binding: AdapterBinding, { telegram, tap, clock, store }: Parts) {
    this.binding = binding;
    this.telegram = telegram;
    this.tap = tap;
    this.clock = clock;
    this.store = store;
  }

  static async open({ adapter, telegram: makeTelegram, store: openStore }: AdapterUnderLaw) {
    const clock = new LawClock();
    const telegram = makeTelegram(clock);
    const { url } = await telegram.listen();
    const tap = await Tap.before(url, () => clock.stir());
    const store = inLawTime((await openStore?.()) ?? memoryStore({ clock }), clock);
    return new AdapterBench(adapter, { telegram, tap, clock, store });
  }

  get token(): string {
    return `${this.botId}:${this.secret}`;
  }

  /** A bot behind a guard of its own: another process of the same fleet, unless told otherwise. */
  async bot(options: GuardOptions = {}, open: OpenOptions = {}): Promise<LawBot> {
    const { installs = 1, url = this.tap.url, token = this.token } = open;
    const told: Told = { events: [], lines: [] };
    const guard = open.guard ?? this.#guard(options, told);
    const opened = await this.binding.open({
      url,
      token,
      me: profile(Number(token.split(":")[0])),
      guard,
      installs,
      onUpdate: async (update, inside) => {
        this.#checkPart("reply", inside.reply);
        bot.runs++;
        await bot.handler(inside, update);
      },
    });
    this.#checkPart("send", opened.send);
    const bot = new LawBot(opened, guard, told);
    this.#bots.push(bot);
    return bot;
  }

  /** The framework without Sendonce. */
  alone(): Promise<LawBot> {
    return this.bot({}, { installs: 0 });
  }

  /** Lets time run until `work` is done. */
  run<T>(work: Promise<T>): Promise<T> {
    return this.clock.run(work);
  }

  /** Lets time run until all of `works` are done. */
  all<T>(works: readonly Promise<T>[]): Promise<T[]> {
    return this.clock.run(Promise.all(works));
  }

  /** Lets time run until `work` has failed, and answers with what it failed. */
  async failure(work: Promise<unknown>): Promise<unknown> {
    const [outcome] = await this.clock.run(Promise.allSettled([work]));
    if (outcome.status === "rejected") return outcome.reason;
    return fail(`it did not fail, but answered ${JSON.stringify(outcome.value)}`);
  }

  /** What a failure says in the framework's dialect. */
  async said(work: Promise<unknown>): Promise<SaidError> {
    return this.binding.errorOf(await this.failure(work));
  }

  /** Scripts a fault. One that never strikes makes a law that shows nothing, which is a failure too. */
  fault(fault: LawFault): void {
    this.#faults.push([fault, this.telegram.fault(fault)]);
  }

  /** Somebody writes to the bot. */
  update(text = "hello", chat: number | string = 7): LawUpdate {
    return this.telegram.say(this.token, { chat, text });
  }

  /** Somebody presses a button below the bot's last message in a chat. */
  pressed(callback: string, chat = 7): LawUpdate {
    return this.telegram.say(this.token, { chat, callback });
  }

  /** What a chat has received, in order. */
  texts(chat?: number | string): (string | undefined)[] {
    return this.telegram.ledger.received(chat).map(({ text, caption }) => text ?? caption);
  }

  /** How many requests of a method Telegram has seen. */
  requests(method: string): number {
    return this.telegram.ledger.requests({ method }).length;
  }

  /** Waits until Telegram has seen so many requests of a method; time stands still. */
  arrived(method: string, count = 1): Promise<void> {
    return this.clock.until(() => this.requests(method) >= count, `${count} of ${method} at Telegram`);
  }

  /** Ends the law: guards end their calls, and nothing that was told or sent holds a secret or a word of ours. */
  async close(): Promise<void> {
    try {
      for (const { guard } of this.#bots) await this.run(guard.close());
      for (const [fault, { hits }] of this.#faults) ok(hits > 0, `${JSON.stringify(fault)} has never struck`);
      for (const bot of this.#bots.filter(({ guard }) => guard.store.name === this.store.name))
        deepEqual(bot.events("mode"), [], "the store was away, so the law was shown without it");
      const told = JSON.stringify(this.#bots.map((bot) => bot.told));
      equal(told.includes(this.secret), false, "the bot's token stands in an event, a log line or a warning");
      equal(/sendonce/i.test(this.tap.text()), false, "a word of ours is on the wire");
    } finally {
      await this.abandon();
    }
  }

  /** Closes what is open, however the law ended. */
  async abandon(): Promise<void> {
    await this.tap.close();
    await this.telegram.close();
  }

  /** What the binding says to lack must not be there, and the other way round. */
  #checkPart(part: AdapterPart, value: unknown): void {
    const { name, lacks = {} } = this.binding;
    if ((value === undefined) === (lacks[part] !== undefined)) return;
    throw new Error(`${name}: either have \`${part}\`, or say in \`lacks\` why there is none`);
  }

  #guard(options: GuardOptions, told: Told): Guard {
    const note = (...line: unknown[]) => void told.lines.push(line);
    const logger = { debug: note, info: note, warn: note, error: note };
    const guard = createGuard({ store: this.store, clock: this.clock, logger, ...options });
    for (const name of eventNames) guard.on(name, (event) => told.events.push({ name, event }));
    return guard;
  }
}

const eventNames: readonly EventName[] = [
  "sent",
  "replayed",
  "failed",
  "refused",
  "wait",
  "freeze",
  "unguarded",
  "updateDropped",
  "updateUnfinished",
  "mode",
  "storeError",
];

const profile = (id: number): BotProfile => ({
  id,
  is_bot: true,
  first_name: "Law",
  username: `law${id}_bot`,
});

/** What an error of ours looks like in every framework: status and code. */
export function refusal(
  said: SaidError,
): { readonly error_code: number; readonly code: unknown } | SaidError {
  if (said.kind !== "api") return said;
  const parameters = said.parameters as (ApiResponse & { ok: false })["parameters"];
  const own = parameters?.sendonce as { code?: unknown } | undefined;
  return own === undefined ? said : { error_code: said.error_code, code: own.code };
}
