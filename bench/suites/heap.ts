import { shown } from "../kit/figures.js";
import { runApart } from "../kit/process.js";

/** Who, over how many chats: those that need milliseconds per send get fewer. */
const measured: readonly (readonly [string, number])[] = [
  ["Sendonce [memory]", 100_000],
  ["Sendonce, limits only [memory]", 100_000],
  ["@grammyjs/transformer-throttler [memory]", 5_000],
  ["Bottleneck [memory]", 5_000],
];

/** Heap that stays after one message to each chat, in a process of its own, after a collection. */
export async function heap() {
  const rows = [];
  for (const [title, chats] of measured) {
    const [said] = await runApart<{ bytes: number }>("heap-per-chat", [title, `${chats}`], {
      flags: ["--expose-gc"],
      env: { BENCH_CHATS: `${chats}` },
    });
    rows.push({ contestant: title, chats, "heap per chat, B": shown(said!.bytes) });
  }
  return rows;
}
