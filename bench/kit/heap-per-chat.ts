/** `heap-per-chat.ts <title> <chats>`, with BENCH_CHATS so many: what one message to each chat leaves on the heap. */
import { contestants, titleOf } from "../contestants/index.js";

const [title, chats] = process.argv.slice(2) as [string, string];
const contestant = contestants.find((each) => titleOf(each) === title)!;
const count = Number(chats);
const running = await contestant.open({
  url: "",
  client() {
    throw new Error("a contestant in memory needs no Redis");
  },
});
await running.send(0);
const before = settledHeap();
let next = 0;
const worker = async () => {
  while (next < count) await running.send(next++);
};
await Promise.all(Array.from({ length: 256 }, worker));
console.log(JSON.stringify({ bytes: (settledHeap() - before) / count }));
process.exit(0);

function settledHeap(): number {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
