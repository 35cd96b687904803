import { Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import { broadcast } from "../broadcast/broadcast.js";
import type { BroadcastProgress } from "../broadcast/progress.js";
import type { Payload } from "../call.js";
import { GuardBench } from "../testing/guard-bench.js";
import { inWords } from "./duration.js";
import { progressBar } from "./progress-bar.js";

/** A stream that keeps what is written; a terminal or not. */
class Screen extends Writable {
  readonly columns = 200;
  readonly isTTY: boolean;
  text = "";

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

function broadcastOn(bench: GuardBench, recipients: Iterable<number>) {
  const call = async (method: string, payload: Payload) => {
    const delivery = await bench.start(payload, { method });
    if (delivery.status === "sent") return delivery.result;
    throw new Error(delivery.status);
  };
  return broadcast({ guard: bench.guard, call }, recipients, "News", { id: "news" });
}

const people = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

describe("the progress bar", () => {
  test("fills in a terminal, and stands at the end where the broadcast ended", async () => {
    const bench = new GuardBench();
    const screen = new Screen(true);
    const shown = progressBar(broadcastOn(bench, people(100)), screen);
    expect(await bench.clock.run(shown)).toMatchObject({ state: "done", done: 100 });
    expect(screen.text).toContain("░ 0/100");
    expect(screen.text).toMatch(/█{25} 100\/100 · \d+\.\d\/s · done · 0 failed\s*\S*\n$/);
  });

  test("is a line now and then where there is no terminal", async () => {
    const bench = new GuardBench();
    const screen = new Screen(false);
    await bench.clock.run(progressBar(broadcastOn(bench, people(100)), screen));
    const lines = screen.text.split("\n").filter((line) => line.includes("failed"));
    expect(lines).toHaveLength(2);
    expect(lines[1]).toContain("100/100");
  });

  test("counts where nobody knows the total", async () => {
    const bench = new GuardBench();
    const screen = new Screen(true);
    await bench.clock.run(progressBar(broadcastOn(bench, new Set(people(30)).values()), screen));
    expect(screen.text).toMatch(/30 · \d+\.\d\/s · done · 0 failed/);
    expect(screen.text).not.toMatch(/[█░]|NaN/);
  });

  test("ends as the broadcast does, and harms nobody who does not wait for it", async () => {
    async function* failing(): AsyncGenerator<BroadcastProgress> {
      yield broadcastOn(new GuardBench(), []).progress;
      throw new Error("token refused");
    }
    void progressBar(failing(), new Screen(true));
    await expect(progressBar(failing(), new Screen(true))).rejects.toThrow("token refused");
  });
});

test.each([
  [0, "0 s"],
  [41_200, "42 s"],
  [365_000, "6 min 05 s"],
  [3_599_500, "1 h 00 min"],
  [3_930_000, "1 h 06 min"],
  [90_000_000, "25 h 00 min"],
])("%i ms is %s", (ms, words) => expect(inWords(ms)).toBe(words));
