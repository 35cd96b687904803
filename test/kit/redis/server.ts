import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { Redis, type RedisOptions } from "ioredis";
import { freePort } from "./ports.js";
import { provideRedis } from "./provide.js";
import { type Certificates, certificates } from "./tls.js";
import { warden, whenTestEnds } from "./warden.js";

/** How a server of the tests' own is set up. */
export interface RedisServerOptions {
  /** Settings of redis.conf, such as `{ maxmemory: "2mb" }`. */
  readonly config?: Readonly<Record<string, string>>;
  /** Whole lines of redis.conf, for settings that stand there more than once. */
  readonly lines?: readonly string[];
  /** Arguments of the command line, after redis.conf. */
  readonly args?: readonly string[];
  /** Speaks TLS alone, with a certificate of a private authority; "mutual" asks clients for one too. */
  readonly tls?: boolean | "mutual";
  /** Users, as redis.conf names them: `user sendonce on >pw ~sendonce:* +@all`. */
  readonly acl?: readonly string[];
  /** The default user's password. */
  readonly password?: string;
  /** An append-only file, on disk before a command is answered. @default false */
  readonly persistence?: boolean;
  /** @default a free one */
  readonly port?: number;
}

/** What a plain client may be told; replies keep the shape they have always had. */
export type ClientOptions = Omit<RedisOptions, "replyMapping">;

/** A redis-server of the tests' own on 127.0.0.1. */
export class RedisServer {
  /** Holds redis.conf, redis.log and what the server keeps. */
  readonly dir = mkdtempSync(join(warden().folder, "server-"));
  readonly port: number;
  /** What a client needs to trust the server; only with the option `tls`. */
  readonly tls: Certificates | undefined;
  readonly #options: RedisServerOptions;
  readonly #clients = new Set<Redis>();
  #process: ChildProcess | undefined;

  private constructor(options: RedisServerOptions, port: number) {
    this.#options = options;
    this.port = port;
    this.tls = options.tls ? certificates() : undefined;
    writeFileSync(this.#file("redis.conf"), `${configuration(options, this).join("\n")}\n`);
  }

  /** Starts a server that nobody stops but `stop` and the end of this process. */
  static async launch(options: RedisServerOptions = {}): Promise<RedisServer> {
    await provideRedis();
    for (let attempt = 1; ; attempt++) {
      const server = new RedisServer(options, options.port ?? (await freePort()));
      try {
        await server.#start();
        return server;
      } catch (error) {
        const log = server.log();
        await server.stop();
        if (!log.includes("Address already in use") || options.port !== undefined || attempt === 5)
          throw error;
      }
    }
  }

  /** The address with the default user's password. */
  get url(): string {
    return this.urlFor("", this.#options.password);
  }

  /** The address for another user. */
  urlFor(username: string, password?: string): string {
    const user = password === undefined ? "" : `${username}:${encodeURIComponent(password)}@`;
    return `${this.tls ? "rediss" : "redis"}://${user}127.0.0.1:${this.port}`;
  }

  /** The id of the process. @throws while it does not run */
  get pid(): number {
    if (this.#process?.pid === undefined) throw new Error(`the Redis on port ${this.port} does not run`);
    return this.#process.pid;
  }

  get running(): boolean {
    return this.#process !== undefined;
  }

  /** All that the server has said, over its restarts. */
  log(): string {
    return readFileSync(this.#file("redis.log"), "utf8");
  }

  /** A plain client for what a test looks up or prepares, closed with the test. It waits for a dead server. */
  client(options: ClientOptions = {}): Redis {
    const client = this.connect(options);
    whenTestEnds(() => {
      this.#clients.delete(client);
      client.disconnect();
    });
    return client;
  }

  /** A plain client that is closed with the server. */
  connect(options: ClientOptions = {}): Redis {
    const client = new Redis({ ...this.clientOptions(), ...options });
    client.on("error", () => {});
    this.#clients.add(client);
    return client;
  }

  /** What an ioredis client needs to connect as the default user. */
  clientOptions(): ClientOptions {
    const { password } = this.#options;
    return {
      host: "127.0.0.1",
      port: this.port,
      retryStrategy: () => 50,
      ...(password === undefined ? {} : { password }),
      ...(this.tls === undefined ? {} : { tls: this.tls.client }),
    };
  }

  /** Ends the process, by default without warning, and waits until it is gone. Frozen, it obeys SIGKILL alone. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const running = this.#process;
    if (running === undefined) return;
    const gone = once(running, "exit");
    running.kill(signal);
    await gone;
  }

  /** Starts the process again on the same port and folder. One that still runs is shut down first. */
  async restart(): Promise<void> {
    if (this.#process !== undefined) this.resume();
    await this.kill("SIGTERM");
    await this.#start();
  }

  /** Freezes the process: connections stay open and mute. */
  pause(): void {
    process.kill(this.pid, "SIGSTOP");
  }

  /** Lets a frozen process go on. */
  resume(): void {
    process.kill(this.pid, "SIGCONT");
  }

  /** Ends the process and its clients and removes its folder, for good. */
  async stop(): Promise<void> {
    for (const client of this.#clients) client.disconnect();
    this.#clients.clear();
    await this.kill();
    rmSync(this.dir, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    const program = await provideRedis();
    const log = openSync(this.#file("redis.log"), "a");
    const saidBefore = statSync(this.#file("redis.log")).size;
    const child = spawn(program, [this.#file("redis.conf"), ...(this.#options.args ?? [])], {
      cwd: this.dir,
      stdio: ["ignore", log, log],
      detached: true,
    });
    closeSync(log);
    this.#process = child;
    warden().watch(child);
    child.once("exit", () => {
      if (this.#process === child) this.#process = undefined;
    });
    await this.#answers(saidBefore);
  }

  async #answers(saidBefore: number): Promise<void> {
    const until = performance.now() + 15_000;
    while (performance.now() < until) {
      if (this.#process === undefined)
        throw new Error(`redis-server ended at once:\n${this.log().slice(saidBefore)}`);
      // Its own word first: whoever else answers on this port is not meant.
      const ready = /Ready to accept connections|Sentinel ID is/.test(this.log().slice(saidBefore));
      if (ready && (await this.#ping())) return;
      await sleep(5);
    }
    throw new Error(`redis-server does not answer:\n${this.log().slice(saidBefore)}`);
  }

  /** Whether the server answers PING; a demand for a password is an answer too. */
  #ping(): Promise<boolean> {
    return new Promise((resolve) => {
      const address = { host: "127.0.0.1", port: this.port };
      const socket = this.tls ? connectTls({ ...address, ...this.tls.client }) : connect(address);
      const settle = (answered: boolean) => {
        socket.destroy();
        resolve(answered);
      };
      socket.setTimeout(1_000, () => settle(false));
      socket.once("error", () => settle(false));
      socket.once("close", () => settle(false));
      socket.once("data", (answer) => settle(/^(\+PONG|-NOAUTH|-NOPERM)/.test(answer.toString())));
      socket.write("PING\r\n");
    });
  }

  #file(name: string): string {
    return join(this.dir, name);
  }
}

/**
 * Starts a server that stops with the test. Outside a test, as in `beforeAll`, it stops with the process
 * that runs the file, or by `stop`.
 */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const launched = RedisServer.launch(options);
  whenTestEnds(() =>
    launched.then(
      (server) => server.stop(),
      () => {},
    ),
  );
  return launched;
}

/** A corner of a server that a test shares with others. */
export interface SharedRedis {
  readonly server: RedisServer;
  readonly url: string;
  /** A bot that no other test has. */
  readonly botId: number;
  /** A token of that bot. */
  readonly token: string;
  /** What the keys of that bot begin with. */
  readonly prefix: string;
  /** A plain client, closed with the test. */
  client(options?: ClientOptions): Redis;
}

let shared: Promise<RedisServer> | undefined;

/**
 * A bot of its own on the one server of this file's process, for tests that neither kill nor count it.
 * Call it in each test: the first call starts the server.
 */
export async function sharedRedis(): Promise<SharedRedis> {
  shared ??= RedisServer.launch();
  const server = await shared;
  const botId = randomInt(1_000_000_000, 9_999_999_999);
  return {
    server,
    url: server.url,
    botId,
    token: `${botId}:test-token`,
    prefix: `sendonce:{${botId}}:`,
    client: (options) => server.client(options),
  };
}

function configuration(options: RedisServerOptions, server: RedisServer): string[] {
  const { config = {}, lines = [], acl = [], password, persistence = false } = options;
  const settings = {
    bind: "127.0.0.1",
    daemonize: "no",
    dir: server.dir,
    save: '""',
    // A Cluster shows a replica, and Sentinel trusts it, only once the master has told it something.
    "repl-diskless-sync-delay": "0",
    "repl-ping-replica-period": "1",
    ...(persistence ? { appendonly: "yes", appendfsync: "always" } : {}),
    ...(password === undefined
      ? {}
      : { requirepass: JSON.stringify(password), masterauth: JSON.stringify(password) }),
    ...listening(options, server),
    ...config,
  };
  return [...Object.entries(settings).map(([name, value]) => `${name} ${value}`), ...lines, ...acl];
}

function listening({ tls }: RedisServerOptions, server: RedisServer): Record<string, string> {
  if (server.tls === undefined) return { port: `${server.port}` };
  const { files } = server.tls;
  return {
    port: "0",
    "tls-port": `${server.port}`,
    "tls-cert-file": files.serverCert,
    "tls-key-file": files.serverKey,
    "tls-ca-cert-file": files.ca,
    "tls-auth-clients": tls === "mutual" ? "yes" : "no",
    "tls-replication": "yes",
  };
}
