import type { Redis } from "ioredis";

/** Where the work is kept. */
export type Place = "nothing" | "memory" | "redis";

/** What a contestant finds: a Redis of the bench's own, empty, and nobody else at work. */
export interface Ground {
  readonly url: string;
  /** A plain client, closed by the bench. */
  client(): Redis;
}

/** One contestant at work in a process of its own. */
export interface Running {
  /** One message to chat `1 + i % chats`, with a text of its own. */
  send(i: number): Promise<unknown>;
  close?(): Promise<unknown> | undefined;
}

/** Something that messages go through, or a floor that nothing can be faster than. */
export interface Contestant {
  readonly name: string;
  readonly place: Place;
  /** A peer, ourselves, or the least that the work can cost. */
  readonly kind: "floor" | "peer" | "sendonce";
  open(ground: Ground): Promise<Running> | Running;
}

/** So many chats take turns. */
const chats = Number(process.env.BENCH_CHATS ?? 10_000);

export const chatOf = (i: number): number => 1 + (i % chats);
