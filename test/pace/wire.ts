import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Arrangement, arrangements, type Longest, type Parcel, play } from "./arrangement.js";
import { Fleet } from "./fleet.js";

/** With the default rules no arrangement of processes provokes a 429 from the emulator's numbers. */
async function expectNoFlood(arrangement: fc.Arbitrary<Arrangement>, numRuns: number): Promise<void> {
  const property = fc.asyncProperty(arrangement, async (played) => {
    const { fleet, deliveries } = await play(played);
    const floods = fleet.emulator.ledger.floods().map(({ chat, at }) => [chat, fleet.sinceStart(at)]);
    expect(floods).toEqual([]);
    expect(deliveries.filter(({ status }) => status !== "sent")).toEqual([]);
  });
  // Not shrunk: an arrangement takes up to a second. The seed is printed.
  await fc.assert(property, { numRuns, endOnFailure: true });
}

const toGroups: Parcel[] = ["group", "album to a group", "forwards to a group"];
const toAnybody: Parcel[] = [...toGroups, "private", "album", "crowd", "paid"];
const minutes = 90_000;

/** What Telegram sees. */
export function wireLaws(): void {
  describe("no arrangement of processes provokes a 429", () => {
    test.each<[string, Parcel[], Longest]>([
      ["however late processes wake", toAnybody, { late: minutes, up: 0, down: 0 }],
      [
        "nor when requests that Telegram counts at their beginning take minutes",
        toAnybody,
        { late: 500, up: 0, down: minutes },
      ],
      ["nor when they take some 200 ms to arrive", toAnybody, { late: 500, up: 200, down: 500 }],
      [
        "nor when uploads to groups are counted at their end, minutes later",
        toGroups,
        { late: 500, up: minutes, down: minutes },
      ],
    ])("%s", async (_, parcels, longest) => {
      await expectNoFlood(arrangements(parcels, longest), 15);
    });
  });

  describe("buckets count a message when it goes out, not when its request ends", () => {
    /** Uploads that Telegram counts half a minute later, and then, just before that, as many texts as are free again. */
    async function uploadsThenTexts(uploads: number, texts: number, chatOf: (n: number) => number) {
      const fleet = new Fleet();
      const slow = fleet.process({ upMs: () => 30_000 });
      const quick = fleet.process();
      const send = (by: typeof slow, n: number) => by.send({ chat_id: chatOf(n), text: `${n}` });
      const open = Array.from({ length: uploads }, (_, n) => send(slow, n));
      await fleet.clock.advance(29_900);
      await fleet.all([...open, ...Array.from({ length: texts }, (_, n) => send(quick, uploads + n))]);
      return fleet.emulator.ledger.floods().length;
    }

    test("known limit: uploads to private chats that end together meet what was sent meanwhile", async () => {
      expect(await uploadsThenTexts(20, 9, () => 7)).toBeGreaterThan(0);
      expect(await uploadsThenTexts(30, 30, (n) => 1_000 + n)).toBeGreaterThan(0);
    });

    test("as many as the far side has to spare do not", async () => {
      expect(await uploadsThenTexts(6, 30, (n) => 1_000 + n)).toBe(0);
    });
  });
}
