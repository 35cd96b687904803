import type { Delivery } from "@sendonce/grammy";
import fc from "fast-check";
import { Fleet, type ProcessOptions } from "./fleet.js";

/** Who receives, what, and how many messages that is. */
export type Parcel =
  | "group"
  | "private"
  | "crowd"
  | "paid"
  | "album to a group"
  | "album"
  | "forwards to a group";

/** Some sends that are asked for at one moment. */
export interface Volley {
  readonly at: number;
  readonly process: number;
  readonly parcel: Parcel;
  readonly count: number;
  /** Messages of one album or multi-forward. */
  readonly items: number;
}

/** How punctual a process is. Each delay is drawn from its list in turn. */
export interface Temper {
  readonly late: readonly number[];
  readonly up: readonly number[];
  readonly down: readonly number[];
}

/** Processes and what they send. */
export interface Arrangement {
  readonly tempers: readonly Temper[];
  readonly volleys: readonly Volley[];
}

/** The longest delays that an arrangement may have, in ms. */
export interface Longest {
  readonly late: number;
  readonly up: number;
  readonly down: number;
}

const albumsOf = fc.integer({ min: 2, max: 10 });

/** Arrangements of one to four processes that send these parcels. */
export function arrangements(parcels: readonly Parcel[], longest: Longest): fc.Arbitrary<Arrangement> {
  const delays = (max: number) =>
    fc.array(fc.oneof(fc.constant(0), fc.nat(Math.min(max, 200)), fc.nat(max)), {
      minLength: 1,
      maxLength: 5,
    });
  const temper = fc.record({
    late: delays(longest.late),
    up: delays(longest.up),
    down: delays(longest.down),
  });
  const volley = fc.record({
    at: fc.oneof(fc.constant(0), fc.nat(20_000), fc.nat(150_000)),
    process: fc.nat(3),
    parcel: fc.constantFrom(...parcels),
    count: fc.integer({ min: 1, max: 40 }),
    items: albumsOf,
  });
  return fc.record({
    tempers: fc.array(temper, { minLength: 1, maxLength: 4 }),
    volleys: fc.array(volley, { minLength: 1, maxLength: 8 }),
  });
}

/** Plays an arrangement to its end; answers the fleet and what became of each send. */
export async function play({
  tempers,
  volleys,
}: Arrangement): Promise<{ fleet: Fleet; deliveries: Delivery[] }> {
  const fleet = new Fleet();
  const processes = tempers.map((temper) => fleet.process(punctuality(temper)));
  const sources = await fleet.sources();
  let texts = 0;
  const sends = volleys.flatMap(({ at, process, parcel, count, items }) =>
    Array.from({ length: count }, async () => {
      const { method, payload } = write(parcel, texts++, items, sources);
      await fleet.clock.sleep(at);
      const { delivery } = await processes[process % processes.length]!.send(payload, method);
      return delivery;
    }),
  );
  return { fleet, deliveries: await fleet.all(sends) };
}

function punctuality({ late, up, down }: Temper): ProcessOptions {
  return {
    guard: { maxWaitMs: 864_000_000, idempotency: false },
    late: inTurn(late),
    upMs: inTurn(up),
    downMs: inTurn(down),
  };
}

function inTurn(values: readonly number[]): () => number {
  let n = 0;
  return () => values[n++ % values.length]!;
}

function write(parcel: Parcel, n: number, items: number, sources: readonly number[]) {
  const text = `${n}`;
  const media = Array.from({ length: items }, (_, i) => ({
    type: "photo",
    media: `https://x.org/${n}-${i}`,
  }));
  switch (parcel) {
    case "group":
      return { method: "sendMessage", payload: { chat_id: -100 - (n % 2), text } };
    case "private":
      return { method: "sendMessage", payload: { chat_id: 100 + (n % 2), text } };
    case "crowd":
      return { method: "sendMessage", payload: { chat_id: 1_000 + n, text } };
    case "paid":
      return { method: "sendMessage", payload: { chat_id: 1_000 + n, text, allow_paid_broadcast: true } };
    case "album to a group":
      return { method: "sendMediaGroup", payload: { chat_id: -100, media } };
    case "album":
      return { method: "sendMediaGroup", payload: { chat_id: 100, media } };
    case "forwards to a group":
      return {
        method: "forwardMessages",
        payload: { chat_id: -100, from_chat_id: 99, message_ids: sources.slice(0, items) },
      };
  }
}
