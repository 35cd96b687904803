import { createHash } from "node:crypto";
import { type RedisStoreOptions, redisStore } from "@sendonce/core/redis";
import type { Emulator } from "@sendonce/emulator";
import { createGuard, type Guard, type GuardOptions, install } from "@sendonce/grammy";
import { Api } from "grammy";
import { onTestFinished } from "vitest";
import { sharedRedis } from "../kit/redis/server.js";
import { type Attempted, attempt } from "./kit/attempt.js";
import { type Evidence, receivedFrom } from "./kit/evidence.js";
import { History, readHistories } from "./kit/history.js";
import { historyFolder } from "./kit/history-folder.js";

/** How a bot is set up; all else are options of its guard. */
export interface SteadyOptions extends GuardOptions {
  /** Unique in its test: its name in the history, and what its operations begin with. */
  readonly name: string;
  /** @default 4242 */
  readonly bot?: number;
  /** Messages a second, whatever becomes of the earlier ones. @default 40 */
  readonly perSecond?: number;
  /** Of its connection. */
  readonly connection?: RedisStoreOptions;
  /** All messages go to this chat, where they stand in line. @default each goes to a chat of its own */
  readonly chat?: number;
}

/** Ends in good order whatever was started. */
export interface Load {
  /** Starts nothing more, and waits for what is open. */
  stop(): Promise<void>;
}

/** Looks so often whether this process was kept from running. */
const lookEveryMs = 10;

/** How long this process has stood still since it was first asked, because the machine was busy elsewhere. */
let stoodStillMs: (() => number) | undefined;

/** The tests' machine runs much at once; what it does not give us is not the store's doing. */
function ownStandstill(): number {
  stoodStillMs ??= watchStandstill();
  return stoodStillMs();
}

function watchStandstill(): () => number {
  let total = 0;
  let last = performance.now();
  const late = () => Math.max(0, performance.now() - last - 2 * lookEveryMs);
  setInterval(() => {
    total += late();
    last = performance.now();
  }, lookEveryMs).unref();
  return () => total + late();
}

/** One process's bot: grammY, a guard on a connection of its own, and a history of all that it was told. */
export class SteadyBot {
  readonly guard: Guard;
  /** Every change of mode, in order. */
  readonly modes: string[] = [];
  /** Why the store was given up, in the words of the log. */
  readonly reasons: string[] = [];
  /** What an operator could read. */
  readonly log: string[] = [];
  /** How long each try was held, in ms, less what this process itself stood still. */
  readonly took: number[] = [];
  /** What has been tried, in order. */
  readonly operations: string[] = [];
  readonly #name: string;
  readonly #perSecond: number;
  readonly #chat: number | undefined;
  readonly #api: Api;
  readonly #history: History;
  readonly #folder: string;

  constructor(emulator: Emulator, target: Parameters<typeof redisStore>[0], options: SteadyOptions) {
    const { name, bot = 4242, perSecond = 40, chat, connection, ...guardOptions } = options;
    const write = (fields: object, line: string) => void this.log.push(`${line} ${JSON.stringify(fields)}`);
    const logger = { debug: () => {}, info: write, warn: write, error: write };
    // Stores of one URL and like options would share their connection.
    const store = redisStore(target, { redis: {}, ...connection });
    this.guard = createGuard({ store, logger, limits: false, ...guardOptions });
    onTestFinished(() => this.guard.store.close());
    this.guard.on("mode", ({ mode, reason }) => {
      this.modes.push(mode);
      if (reason) this.reasons.push(reason);
    });
    this.#name = name;
    this.#perSecond = perSecond;
    this.#chat = chat;
    this.#api = install(new Api(`${bot}:test-token`, { apiRoot: emulator.url }), this.guard);
    this.#folder = historyFolder();
    this.#history = new History(this.#folder, name.replaceAll(" ", "-"));
  }

  get longestMs(): number {
    return Math.max(0, ...this.took);
  }

  /** Tries an operation, for the first time or again. */
  async send(operation: string, chat = this.#chatOf(operation)): Promise<Attempted> {
    const [from, stoodStill] = [performance.now(), ownStandstill()];
    const attempted = await attempt(this.#history, operation, () => this.#api.sendMessage(chat, operation));
    this.took.push(performance.now() - from - (ownStandstill() - stoodStill));
    return attempted;
  }

  /** Tries new operations at a steady pace. */
  load(): Load {
    const open = new Set<Promise<unknown>>();
    const next = () => {
      const operation = `${this.#name} ${this.operations.length}`;
      this.operations.push(operation);
      const work = this.send(operation).finally(() => open.delete(work));
      open.add(work);
    };
    const timer = setInterval(next, 1_000 / this.#perSecond);
    onTestFinished(() => clearInterval(timer));
    next();
    return {
      stop: async () => {
        clearInterval(timer);
        await Promise.all(open);
      },
    };
  }

  /** Tries everything again that was tried so far. */
  async repeat(): Promise<Attempted[]> {
    const repeated: Attempted[] = [];
    for (const operation of this.operations) repeated.push(await this.send(operation));
    return repeated;
  }

  /** The same at each try, in each process. */
  #chatOf(operation: string): number {
    return (
      this.#chat ?? Number.parseInt(createHash("sha256").update(operation).digest("hex").slice(0, 8), 16)
    );
  }

  /** Everything that this bot was told, and what people received of it. */
  evidence(emulator: Emulator): Evidence {
    const histories = readHistories(this.#folder);
    const own = new Set(histories.map(({ operation }) => operation));
    const received = receivedFrom(emulator).filter(({ operation }) => own.has(operation));
    return { histories, received, promise: "per process" };
  }
}

/** A bot before a Redis; closed with the test. */
export async function steadyBot(
  emulator: Emulator,
  target: Parameters<typeof redisStore>[0],
  options: SteadyOptions,
): Promise<SteadyBot> {
  const bot = new SteadyBot(emulator, target, options);
  await bot.send(`${options.name} warm-up`);
  bot.took.length = 0;
  return bot;
}

/** Lets bots send at their steady pace while something happens. */
export interface UnderLoad<T> {
  readonly happened: T;
  /**
   * How long the machine itself held a call meanwhile, ms: the longest of a bot beside them whose Redis nothing
   * befalls. What a fault adds to a call is what is above that.
   */
  readonly machineMs: number;
}

/** Bots send while `work` goes on, and a neighbour of theirs whose Redis is left alone. All loads have ended then. */
export async function underLoad<T>(
  emulator: Emulator,
  bots: readonly SteadyBot[],
  work: () => Promise<T>,
): Promise<UnderLoad<T>> {
  const { server, botId } = await sharedRedis();
  const neighbour = await steadyBot(emulator, server.url, { name: `neighbour ${botId}`, bot: botId });
  const loads = [...bots, neighbour].map((bot) => bot.load());
  const happened = await work();
  await Promise.all(loads.map((load) => load.stop()));
  return { happened, machineMs: neighbour.longestMs };
}
