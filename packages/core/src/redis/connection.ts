import { Cluster, Redis, type RedisOptions } from "ioredis";
import { systemClock } from "../clock.js";
import { ConfigurationError } from "../errors.js";
import { isMissingScript, isMoving, refused } from "./refused.js";
import type { Script } from "./script.js";

export interface ConnectionOptions {
  /**
   * How long the first connection may take, in ms.
   * @default 5_000
   */
  connectTimeoutMs?: number;
  /**
   * How long one command may take, in ms; then its outcome is unknown and the store counts as unavailable.
   * @default 500
   */
  commandTimeoutMs?: number;
  /** More of ioredis's own options, e.g. `tls`. */
  redis?: RedisOptions;
}

/** ioredis's own tries while a slot moves would outlast the time of one command. */
const askAgainOurselves = { maxRedirections: 3, retryDelayOnTryAgain: 20 };

/** Pauses between tries while a Cluster moves slots, in ms; the last one again and again. */
const movingPausesMs = [20, 50, 100, 200, 400, 800, 1_000];
/** How long that goes on for callers with no patience of their own, in ms: what they tell is owed then. */
const movingPatienceMs = 2_000;

type Client = Redis | Cluster;

/**
 * Our own connection, with settings that neither hang nor run a command twice: a lost reply rejects in
 * `commandTimeoutMs`, nothing is resent by the client. Idle, it keeps no process alive.
 */
export class Connection {
  readonly #client: Client;
  readonly #connectTimeoutMs: number;
  readonly #commandTimeoutMs: number;
  #connecting: { readonly work: Promise<unknown>; readonly until: number } | undefined;
  /** What each socket and timer was last told. */
  readonly #held = new WeakMap<Handle, boolean>();
  #inFlight = 0;
  #lastError: unknown;
  #connectedAtMs = 0;

  constructor(target: string | Client, options: ConnectionOptions) {
    this.#connectTimeoutMs = options.connectTimeoutMs ?? 5_000;
    this.#commandTimeoutMs = options.commandTimeoutMs ?? 500;
    this.#client = open(target, options);
    this.#client.on("error", (error: unknown) => {
      this.#lastError = error;
    });
    this.#client.on("ready", () => {
      this.#lastError = undefined;
    });
    // Of a Cluster each node counts: the bot's slot may lie on any of them. A replica that is promoted makes no
    // connection; that the old master's ended is what there is to see.
    for (const event of ["ready", "+node", "-node"]) {
      this.#client.on(event, () => {
        this.#connectedAtMs = systemClock.now();
      });
    }
    for (const event of ["connect", "ready", "reconnecting", "+node"]) {
      this.#client.on(event, () => setImmediate(() => this.#holdProcess()));
    }
  }

  /**
   * Runs a script by its hash, and by its text where the server does not know it yet.
   *
   * @param patienceMs how long a Cluster may take to move the slot
   */
  async run<Input>(
    script: Script<Input>,
    input: Input,
    patienceMs: number = movingPatienceMs,
  ): Promise<unknown[]> {
    const keys = script.keys(input);
    const args = script.args(input);
    const command = (client: Client) =>
      client.evalsha(script.sha1, keys.length, ...keys, ...args).then(undefined, (error: unknown) => {
        if (!isMissingScript(error)) throw error;
        return client.eval(script.source, keys.length, ...keys, ...args);
      });
    return this.#answer(script.name, command, patienceMs) as Promise<unknown[]>;
  }

  /** Any other command. */
  async ask<T>(verb: string, command: (client: Client) => Promise<T>): Promise<T> {
    return this.#answer(verb, command, movingPatienceMs);
  }

  /**
   * How many replicas hold all that this connection has written to the server of `key`, after at most `timeoutMs`.
   */
  async acknowledgedBy(key: string, replicas: number, timeoutMs: number): Promise<number> {
    return this.ask("wait", async (client) => {
      if (!isCluster(client)) return client.wait(replicas, timeoutMs);
      // WAIT names no key: a pipeline takes it to the node of one that does.
      const answers = await client.pipeline().get(key).wait(replicas, timeoutMs).exec();
      const [error, acknowledged] = answers![1]!;
      if (error) throw error;
      return Number(acknowledged);
    });
  }

  /** When it was last made anew, in ms since 1970; 0: never yet. */
  get connectedAtMs(): number {
    return this.#connectedAtMs;
  }

  /** Whether commands go to a Redis Cluster. */
  get isCluster(): boolean {
    return isCluster(this.#client);
  }

  /** Every master: one, or the Cluster's. */
  masters(): Redis[] {
    return this.#client instanceof Cluster ? this.#client.nodes("master") : [this.#client];
  }

  /** Ends the connection; what is in flight rejects. */
  close(): void {
    this.#client.disconnect();
  }

  async #answer<T>(verb: string, command: (client: Client) => Promise<T>, patienceMs: number): Promise<T> {
    const until = performance.now() + patienceMs;
    this.#inFlight++;
    this.#holdProcess();
    try {
      await this.#ready();
      for (let tries = 0; ; tries++) {
        try {
          return await inTime(command(this.#client), this.#commandTimeoutMs);
        } catch (error) {
          const pauseMs = movingPausesMs[Math.min(tries, movingPausesMs.length - 1)]!;
          if (!isMoving(error) || performance.now() + pauseMs > until) throw error;
          await pause(pauseMs);
        }
      }
    } catch (error) {
      throw refused(isClosed(error) ? (this.#lastError ?? error) : error, verb);
    } finally {
      this.#inFlight--;
      this.#holdProcess();
    }
  }

  /** Only the first connection is waited for at length; later ones reconnect while commands fail fast. */
  async #ready(): Promise<void> {
    if (this.#client.status === "ready") return;
    this.#connecting ??= { work: this.#client.connect(), until: performance.now() + this.#connectTimeoutMs };
    const { work, until } = this.#connecting;
    await inTime(work, Math.max(until - performance.now(), this.#commandTimeoutMs));
  }

  /** Sockets and reconnect timers hold the process only while a command is in flight. */
  #holdProcess(): void {
    const nodes = this.#client instanceof Cluster ? this.#client.nodes("all") : [this.#client];
    for (const node of nodes) {
      const { stream, reconnectTimeout } = node as unknown as Handles;
      if (stream && !stream.destroyed) this.#hold(stream);
      if (reconnectTimeout) this.#hold(reconnectTimeout);
    }
  }

  /** Only at a change: a socket that is not connected yet takes a listener for every ref. */
  #hold(handle: Handle): void {
    const holds = this.#inFlight > 0;
    if (this.#held.get(handle) === holds) return;
    this.#held.set(handle, holds);
    if (holds) handle.ref?.();
    else handle.unref?.();
  }
}

interface Handle {
  ref?(): unknown;
  unref?(): unknown;
}

/** What ioredis keeps that can hold a process. */
interface Handles {
  readonly stream?: Handle & { readonly destroyed?: boolean };
  readonly reconnectTimeout?: Handle | null;
}

function open(target: string | Client, options: ConnectionOptions): Client {
  const settings = {
    ...(options.redis as OwnSettings),
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // A master that became a replica: the address may lead to the new one. Not 2, which would resend.
    reconnectOnError: (error: Error) => (/READONLY/.test(error.message) ? 1 : false),
    enableAutoPipelining: false,
    connectTimeout: options.connectTimeoutMs ?? 5_000,
    // A connection that is mute for so long is replaced: the network may have forgotten it without a word.
    socketTimeout: options.connectTimeoutMs ?? 5_000,
    retryStrategy: (tries: number) => Math.min(50 * 2 ** Math.min(tries, 5), 1_000),
  };
  if (typeof target === "string") return new Redis(checkedUrl(target), settings);
  if (isCluster(target)) {
    return target.duplicate([], {
      lazyConnect: true,
      ...askAgainOurselves,
      redisOptions: { ...(target.options.redisOptions as OwnSettings), ...settings, lazyConnect: false },
    });
  }
  return target.duplicate(settings);
}

/** @throws ConfigurationError that does not repeat the URL, since it may hold a password */
export function checkedUrl(url: string): string {
  let protocol: string | undefined;
  try {
    protocol = new URL(url).protocol;
  } catch {
    protocol = undefined;
  }
  if (protocol === "redis:" || protocol === "rediss:") return url;
  throw new ConfigurationError(
    "the Redis URL must look like redis://user:password@host:6379/0 (rediss:// for TLS); check REDIS_URL",
  );
}

/** ioredis's own types do not admit an explicit undefined everywhere; its options do. */
type OwnSettings = Omit<RedisOptions, "replyMapping">;

/** By shape: the client may come from another copy of ioredis. */
const isCluster = (client: Client): client is Cluster => typeof (client as Cluster).nodes === "function";

const isClosed = (error: unknown): boolean =>
  /Connection is closed|max retries per request/i.test(String((error as Error)?.message ?? ""));

/**
 * Rejects when `work` takes longer than `ms`. A process that was too busy to read its socket finds timer and answer
 * waiting together, and timers are served first: so the answer gets another look before it is given up. (ioredis's own
 * `commandTimeout` gives it none, and without it a command whose connection broke may never settle.)
 */
function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    let due = performance.now() + ms;
    let timer = setTimeout(look, ms);
    const ended = () => clearTimeout(timer);
    work.then(resolve, reject).then(ended);
    function look() {
      const late = performance.now() - due;
      if (late < tooBusyMs) return void setImmediate(() => setImmediate(giveUp));
      due = performance.now() + graceAfterBusyMs;
      timer = setTimeout(look, graceAfterBusyMs);
    }
    function giveUp() {
      reject(new Error(`timed out after ${ms} ms`));
    }
  });
}

/** A timer this late tells of a process that could not read its answers either. */
const tooBusyMs = 50;
const graceAfterBusyMs = 100;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
