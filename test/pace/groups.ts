import { expect, test } from "vitest";
import { Fleet } from "./fleet.js";

/** A group in virtual time. */
export function groupLaws(): void {
  test("100 sends to a group by 3 processes: no 429, within 3 % of the ideal 240 s", async () => {
    const fleet = new Fleet();
    const punctual = { guard: { maxWaitMs: 300_000 }, upMs: () => 20, downMs: () => 30 };
    const processes = fleet.processes(3, punctual);
    const sends = Array.from({ length: 100 }, (_, n) =>
      processes[n % 3]!.send({ chat_id: -100, text: `${n}` }),
    );
    await fleet.all(sends);
    expect(fleet.emulator.ledger.floods()).toEqual([]);
    expect(fleet.emulator.ledger.count({ chat: -100 })).toBe(100);
    const times = fleet.receivedAt(-100);
    expect(times.at(-1)! - times[0]!).toBeLessThanOrEqual(240_000 * 1.03);
  });
}
