import { describe, expect, test } from "vitest";
import { Fleet, type Process } from "./fleet.js";

const chats = 50;
const flooded = 7;
const punctual = { upMs: () => 20, downMs: () => 20 };

interface Run {
  readonly fleet: Fleet;
  readonly processes: readonly Process[];
  /** When a 429 stopped a rule, in ms since the fleet began. */
  readonly freezes: readonly { readonly rule: string; readonly at: number }[];
}

/** 4 processes send 20 messages to each of 50 chats: more than the bot's rate, so that every slot is taken. */
async function run(prepare: (fleet: Fleet) => void = () => {}): Promise<Run> {
  const fleet = new Fleet();
  prepare(fleet);
  const processes = fleet.processes(4, punctual);
  const freezes: { rule: string; at: number }[] = [];
  for (const { guard } of processes) guard.on("freeze", ({ rule }) => freezes.push({ rule, at: fleet.now }));
  const sends = Array.from({ length: 20 * chats }, (_, n) =>
    processes[n % 4]!.send({ chat_id: 1 + (n % chats), text: `${n}` }),
  );
  const ended = await fleet.all(sends);
  expect(ended.filter(({ delivery }) => delivery.status !== "sent")).toEqual([]);
  return { fleet, processes, freezes };
}

const marksOf = (processes: readonly Process[], chat?: number) =>
  processes
    .flatMap(({ marks }) => marks)
    .filter((mark) => chat === undefined || mark.chat === chat)
    .sort((one, other) => one.at - other.at);

/** Each message once; those of one process to one chat in the order of the calls. */
function expectEachOnceInOrder({ fleet }: Run): void {
  const { ledger } = fleet.emulator;
  expect(ledger.count()).toBe(20 * chats);
  expect(ledger.doubled()).toEqual([]);
  for (let chat = 1; chat <= chats; chat++) {
    for (let process = 0; process < 4; process++) {
      const calls = ledger
        .received(chat)
        .map(({ text }) => Number(text))
        .filter((n) => n % 4 === process);
      expect(calls).toEqual([...calls].sort((one, other) => one - other));
    }
  }
}

const lastOfOthers = ({ fleet }: Run): number =>
  Math.max(
    ...Array.from({ length: chats }, (_, i) => i + 1)
      .filter((chat) => chat !== flooded)
      .map((chat) => fleet.receivedAt(chat).at(-1)!),
  );

/** What a 429 stops. */
export function floodLaws(): void {
  describe("a flood of one chat", () => {
    test("stops that chat for the whole fleet, costs the other 49 less than 2 %, and loses nothing", async () => {
      const calm = await run();
      const flood = await run(({ emulator }) =>
        emulator.fault({ kind: "429", chat: flooded, retryAfter: 10, enforce: true, after: 3 }),
      );
      const { at } = flood.freezes[0]!;
      const young = marksOf(flood.processes, flooded).filter((mark) => mark.at > at && mark.at < at + 10_000);
      expect(young).toEqual([]);
      expect(flood.freezes.every(({ rule }) => rule === "chat")).toBe(true);
      expect(lastOfOthers(flood)).toBeLessThan(lastOfOthers(calm) * 1.02);
      expectEachOnceInOrder(flood);
    });
  });

  describe("a flood of the whole bot", () => {
    test("stops every chat by its third 429, and everything arrives once afterwards", async () => {
      const flood = await run(({ emulator }) =>
        emulator.fault({ kind: "429", scope: "bot", retryAfter: 10, enforce: true, after: 200 }),
      );
      const wide = flood.freezes.find(({ rule }) => rule === "global")!;
      const young = marksOf(flood.processes).filter(
        (mark) => mark.at > wide.at && mark.at < flood.freezes[0]!.at + 10_000,
      );
      expect(young).toEqual([]);
      // Three to know it by, and what was on its way.
      expect(flood.fleet.emulator.ledger.floods().length).toBeLessThanOrEqual(3 + 2);
      expectEachOnceInOrder(flood);
    });
  });

  test("known limit: three groups that are flooded in step look like the whole bot", async () => {
    const fleet = new Fleet({ limits: { bot: false } });
    const process = fleet.process({ ...punctual, guard: { limits: false } });
    const groups = [-1, -2, -3].flatMap((chat_id) =>
      Array.from({ length: 21 }, (_, n) => process.send({ chat_id, text: `${n}` })),
    );
    await fleet.clock.advance(1_000);
    const elsewhere = fleet.clock.run(process.send({ chat_id: 7, text: "hello" }));
    const { askedAt, endedAt } = await elsewhere;
    expect(endedAt - askedAt).toBeGreaterThan(55_000);
    await fleet.all(groups);
  });
}
