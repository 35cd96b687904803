/** `racer.ts <name> <redis url> <start> <count>`: one message each 20 ms from `start` (ms since 1970) on. */
import { counted } from "./counted-commands.js";
import { racers } from "./racers.js";

const [name, url, start, count] = process.argv.slice(2) as [string, string, string, string];
const racer = racers.find((each) => each.name === name)!;
const through = racer.open(url);
const commands = counted();
const clock = () => performance.timeOrigin + performance.now();

// Connects, and loads what the first send needs.
await through(process.pid, async () => {});
const before = commands();
await pauseUntil(Number(start));
const raced = await Promise.all(Array.from({ length: Number(count) }, (_, i) => one(i)));
console.log(JSON.stringify({ raced, commands: commands() - before }));
process.exit(0);

async function one(i: number) {
  await pauseUntil(Number(start) + 20 * i);
  const asked = clock();
  let sent = asked;
  await through(process.pid * 1_000 + i, async () => {
    sent = clock();
  });
  return { asked, sent };
}

function pauseUntil(at: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, at - clock())));
}
