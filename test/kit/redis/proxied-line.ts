import type { Socket } from "node:net";
import type { Direction } from "./proxy.js";
import { RequestReader } from "./requests.js";

/** What can befall a connection. */
export type Fault =
  | "lose-replies"
  | "lose-reply-and-reset"
  | "cut-reply"
  | "cut-reply-and-mute"
  | "lose-requests"
  | "half-open"
  | "black-hole"
  | "reset";

/** Faults of the way to the server: what the client says is not carried there. */
const deaf: ReadonlySet<Fault | undefined> = new Set<Fault>(["black-hole", "reset", "lose-requests"]);
/** Faults under which answers still come, at least in part. */
const answering: ReadonlySet<Fault | undefined> = new Set([undefined, "lose-requests"] as const);

/** Who is told what happens on a line. */
export interface LineListener {
  sent(chunk: Buffer, names: readonly string[]): void;
  answered(chunk: Buffer): void;
  delayMs(direction: Direction): number;
  closed(): void;
}

/** One client's connection, and the one that the proxy opened to the server for it. */
export class Line {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #listener: LineListener;
  readonly #reader = new RequestReader();
  readonly #requests: Way;
  readonly #answers: Way;
  #fault: Fault | undefined;
  #lateMs = 0;
  /** Its client has gone, what it sent is still on its way. */
  #orphaned = false;

  constructor(client: Socket, server: Socket, listener: LineListener) {
    this.#client = client;
    this.#server = server;
    this.#listener = listener;
    this.#requests = new Way((chunk) => this.#arrive(chunk));
    this.#answers = new Way((chunk) => this.#deliver(chunk));
    client.on("data", (chunk) => this.#forward(chunk));
    server.on("data", (chunk) => this.#answer(chunk));
    for (const socket of [client, server]) {
      socket.on("error", () => {});
      socket.on("close", () => this.#end());
    }
  }

  get faulty(): boolean {
    return this.#fault !== undefined;
  }

  /** @param lateMs how much later its requests arrive from now on */
  suffer(fault: Fault, lateMs = 0): void {
    this.#fault = fault;
    this.#lateMs = lateMs;
    if (fault === "reset") this.break();
  }

  /** Breaks if it lost anything; an orphan tells the server what it still has to. */
  mend(): void {
    if (this.faulty && !this.#orphaned) this.break();
  }

  /** Also ends an orphan. */
  break(): void {
    this.#client.resetAndDestroy();
    this.#server.destroy();
  }

  #forward(chunk: Buffer): void {
    this.#listener.sent(chunk, this.#reader.read(chunk));
    const lateMs = Math.max(this.#lateMs, this.#listener.delayMs("to-server"));
    if (!deaf.has(this.#fault)) this.#requests.carry(chunk, lateMs);
    if (this.#fault === "half-open") this.#orphan();
  }

  #orphan(): void {
    this.#orphaned = true;
    this.#client.resetAndDestroy();
  }

  #arrive(chunk: Buffer): void {
    if (this.#server.destroyed) return;
    this.#server.write(chunk);
    if (this.#orphaned && this.#requests.empty) this.#server.end();
  }

  #answer(chunk: Buffer): void {
    if (this.#fault === "lose-reply-and-reset") this.break();
    if (this.#fault === "cut-reply" || this.#fault === "cut-reply-and-mute") this.#cut(chunk);
    else if (answering.has(this.#fault)) this.#carry(chunk);
  }

  #carry(chunk: Buffer): void {
    this.#answers.carry(chunk, this.#listener.delayMs("to-clients"));
  }

  /** Half of it arrives, and nothing more. */
  #cut(chunk: Buffer): void {
    this.#client.write(chunk.subarray(0, Math.ceil(chunk.length / 2)));
    if (this.#fault === "cut-reply") this.#client.end(() => this.break());
    this.#fault = "lose-replies";
  }

  #deliver(chunk: Buffer): void {
    if (!answering.has(this.#fault)) return;
    this.#listener.answered(chunk);
    this.#client.write(chunk);
  }

  /** When one side is gone, the other goes; a mute line stays until its client leaves, an orphan until it is told all. */
  #end(): void {
    if (this.#fault === "black-hole" && !this.#client.destroyed) return;
    if (this.#orphaned && !this.#server.destroyed) return;
    this.#client.destroy();
    this.#server.destroy();
    this.#listener.closed();
  }
}

/** One direction of a line: chunks leave in the order they came, each after its delay. */
class Way {
  readonly #late: Buffer[] = [];
  readonly #leave: (chunk: Buffer) => void;

  constructor(leave: (chunk: Buffer) => void) {
    this.#leave = leave;
  }

  get empty(): boolean {
    return this.#late.length === 0;
  }

  /** Timers may overtake one another when the delay shrinks; the queue does not. */
  carry(chunk: Buffer, ms: number): void {
    if (ms === 0 && this.empty) {
      this.#leave(chunk);
      return;
    }
    this.#late.push(chunk);
    setTimeout(() => this.#leave(this.#late.shift()!), ms);
  }
}
