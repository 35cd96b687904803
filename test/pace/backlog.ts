import { delivery } from "@sendonce/grammy";
import { expect, test } from "vitest";
import { Fleet, type Sent } from "./fleet.js";

const seconds = 60;

/** How long each took from asking to Telegram's answer, which comes at once here: all of it is added by us. */
const delays = (sent: readonly Sent[]) =>
  sent.map(({ askedAt, endedAt }) => endedAt - askedAt).sort((one, other) => one - other);
const p99 = (sent: readonly Sent[]) => delays(sent)[Math.ceil(0.99 * sent.length) - 1]!;

/** Priorities beside a backlog of bulk. */
export function backlogLaws(): void {
  test("behind 10,000 bulk sends a reply is delayed by less than 100 ms, a high send by less than 1 s, and the backlog moves at 15 a second and more", {
    timeout: 90_000,
  }, async () => {
    const fleet = new Fleet();
    const [talker, ...others] = fleet.processes(4);
    let people = 1_000;
    const bulk = Array.from({ length: 10_000 }, (_, n) =>
      others[n % 3]!.send({
        chat_id: people++,
        text: `post ${n}`,
        ...delivery({ priority: "bulk", maxWaitMs: 3_600_000 }),
      }),
    );
    const each = (everyMs: number, send: (chat_id: number) => Promise<Sent>) =>
      Array.from({ length: (seconds * 1_000) / everyMs }, async (_, n) => {
        await fleet.clock.sleep(n * everyMs + 50);
        return send(people++);
      });
    const replies = each(100, (chat_id) => fleet.inUpdate(() => talker!.send({ chat_id, text: "reply" })));
    const high = each(1_000, (chat_id) =>
      talker!.send({ chat_id, text: "alert", ...delivery({ priority: "high" }) }),
    );
    const normal = each(1_000, (chat_id) => talker!.send({ chat_id, text: "hello" }));
    const [answered, alerted, said] = [
      await fleet.all(replies),
      await fleet.all(high),
      await fleet.all(normal),
    ];
    const posted = fleet.emulator.ledger.received().filter(({ text }) => text!.startsWith("post"));
    expect(p99(answered)).toBeLessThan(100);
    expect(p99(alerted)).toBeLessThan(1_000);
    // Nobody stands behind bulk: an ordinary send waits for a token or two.
    expect(p99(said)).toBeLessThan(150);
    expect(posted.length / seconds).toBeGreaterThanOrEqual(15);
    await fleet.all(bulk);
    expect(fleet.emulator.ledger.count()).toBe(10_000 + seconds * 12);
    expect(fleet.emulator.ledger.floods()).toEqual([]);
  });
}
