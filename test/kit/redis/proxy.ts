import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { freePort } from "./ports.js";
import { type Fault, Line } from "./proxied-line.js";
import { whenTestEnds } from "./warden.js";

/** Which requests a fault befalls. */
export interface Trigger {
  /** Only connections that send this command, from that moment on. @default every connection, at once */
  readonly on?: string;
  /** How many connections it befalls before the proxy is whole again. @default all of them until `heal` */
  readonly times?: number;
}

/** Which way something goes. */
export type Direction = "to-clients" | "to-server";

interface Rule extends Trigger {
  readonly fault: Fault;
  readonly lateMs?: number;
  left: number;
}

/** What went through a proxy. */
export interface Passed {
  /** Connections that clients opened. */
  readonly connections: number;
  /** Connections that are open now. */
  readonly open: number;
  /** Commands that clients sent, by name in lower case, whether or not they arrived; none with TLS. */
  readonly requests: Readonly<Record<string, number>>;
  readonly bytes: { readonly fromClients: number; readonly toClients: number };
}

/** A bad network between clients and one Redis on 127.0.0.1. */
export class RedisProxy {
  readonly port: number;
  readonly #target: { readonly port: number; readonly url: string };
  readonly #server: Server;
  readonly #lines = new Set<Line>();
  readonly #requests = new Map<string, number>();
  #connections = 0;
  #fromClients = 0;
  #toClients = 0;
  #rule: Rule | undefined;
  #delays: Readonly<Record<Direction, () => number>> = prompt;

  private constructor(target: { readonly port: number; readonly url: string }, port: number) {
    this.#target = target;
    this.port = port;
    this.#server = createServer({ noDelay: true }, (client) => this.#accept(client));
  }

  static async open(target: { readonly port: number; readonly url: string }): Promise<RedisProxy> {
    const proxy = new RedisProxy(target, await freePort());
    proxy.#server.listen(proxy.port, "127.0.0.1");
    await once(proxy.#server, "listening");
    return proxy;
  }

  /** The server's URL, by way of the proxy. */
  get url(): string {
    return this.#target.url.replace(/:\d+$/, `:${this.port}`);
  }

  /** Counts from the proxy's beginning. */
  get passed(): Passed {
    return {
      connections: this.#connections,
      open: this.#lines.size,
      requests: Object.fromEntries(this.#requests),
      bytes: { fromClients: this.#fromClients, toClients: this.#toClients },
    };
  }

  /**
   * Requests arrive and are carried out, their answers never come back. What else was sent in the same
   * chunk, and all later answers on that connection, are lost too. With `reset` the connection breaks when
   * the first answer is due; otherwise it stays open and mute.
   */
  loseReplies({ reset = false, ...trigger }: Trigger & { readonly reset?: boolean } = {}): void {
    this.#befall(reset ? "lose-reply-and-reset" : "lose-replies", trigger);
  }

  /**
   * The first half of the next answer arrives, then the connection breaks, or with `mute` stays open and
   * says no more.
   */
  cutReplies({ mute = false, ...trigger }: Trigger & { readonly mute?: boolean } = {}): void {
    this.#befall(mute ? "cut-reply-and-mute" : "cut-reply", trigger);
  }

  /** Requests never arrive, answers to earlier ones do: one direction is dead. */
  loseRequests(trigger: Trigger = {}): void {
    this.#befall("lose-requests", trigger);
  }

  /**
   * The client's side breaks at once, the server's side stays open: what was sent arrives `lateMs` later, when
   * the client has long turned to another connection.
   */
  halfOpen(trigger: Trigger & { readonly lateMs: number }): void {
    this.#befall("half-open", trigger);
  }

  /** Nothing comes through either way; connections stay open and mute, new ones are accepted. */
  blackHole(trigger: Trigger = {}): void {
    this.#befall("black-hole", trigger);
  }

  /** Connections break before the request arrives; new ones too, until `heal`. */
  reset(trigger: Trigger = {}): void {
    this.#befall("reset", trigger);
  }

  /** Breaks the connections that are open now, and no others. */
  resetConnections(): void {
    for (const line of [...this.#lines]) line.break();
  }

  /**
   * Answers, or requests, take so much longer from now on. A function is asked for each chunk, and so gives
   * jitter; the order stays.
   */
  delay(ms: number | (() => number), direction: Direction = "to-clients"): void {
    this.#delays = { ...this.#delays, [direction]: typeof ms === "number" ? () => ms : ms };
  }

  /**
   * All is well again. Connections that lost anything break, for their answers would be taken amiss; what a
   * half-open one still has to tell arrives.
   */
  heal(): void {
    this.#rule = undefined;
    this.#delays = prompt;
    for (const line of [...this.#lines]) line.mend();
  }

  /** Breaks all connections and lets the port go. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.resetConnections();
    await closed;
  }

  #befall(fault: Fault, trigger: Trigger & { readonly lateMs?: number }): void {
    this.#rule = { ...trigger, fault, left: trigger.times ?? Number.POSITIVE_INFINITY };
    if (trigger.on === undefined) for (const line of [...this.#lines]) this.#judge(line, []);
  }

  #accept(client: Socket): void {
    this.#connections += 1;
    const line = new Line(client, connect({ host: "127.0.0.1", port: this.#target.port, noDelay: true }), {
      sent: (chunk, names) => {
        this.#fromClients += chunk.length;
        for (const name of names) this.#requests.set(name, (this.#requests.get(name) ?? 0) + 1);
        this.#judge(line, names);
      },
      answered: (chunk) => {
        this.#toClients += chunk.length;
      },
      delayMs: (direction) => this.#delays[direction](),
      closed: () => this.#lines.delete(line),
    });
    this.#lines.add(line);
    this.#judge(line, []);
  }

  /** Lets the rule befall a line that has just sent the commands `names`. */
  #judge(line: Line, names: readonly string[]): void {
    const rule = this.#rule;
    if (rule === undefined || rule.left === 0 || line.faulty) return;
    if (rule.on !== undefined && !names.includes(rule.on.toLowerCase())) return;
    rule.left -= 1;
    line.suffer(rule.fault, rule.lateMs);
  }
}

/** No delay either way. */
const prompt: Readonly<Record<Direction, () => number>> = { "to-clients": () => 0, "to-server": () => 0 };

/** Puts a proxy in front of a server; closed with the test. */
export async function startProxy(target: {
  readonly port: number;
  readonly url: string;
}): Promise<RedisProxy> {
  const proxy = await RedisProxy.open(target);
  whenTestEnds(() => proxy.close());
  return proxy;
}
