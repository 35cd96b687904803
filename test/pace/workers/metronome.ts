/**
 * What is possible on this machine right now: a process that sends unguarded, at the ideal times that it is told. How
 * late its requests arrive is the machine's doing alone.
 */

import { createInterface } from "node:readline";

const { BOT_TOKEN = "", API_ROOT = "", COUNT = "0", BURST = "1", EVERY_MS = "0" } = process.env;
const input = createInterface({ input: process.stdin });

async function beat(i: number, start: number): Promise<void> {
  const at = start + Math.max(0, i + 1 - Number(BURST)) * Number(EVERY_MS);
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, at - performance.now())));
  const body = JSON.stringify({ chat_id: 1_000 + i, text: `${i}` });
  const headers = { "content-type": "application/json" };
  await (await fetch(`${API_ROOT}/bot${BOT_TOKEN}/sendMessage`, { method: "POST", headers, body })).text();
}

await fetch(API_ROOT).catch(() => {});
console.log("ready");
input.once("line", async (line) => {
  input.close();
  process.stdin.destroy();
  const start = Number(line) - performance.timeOrigin;
  await Promise.all(Array.from({ length: Number(COUNT) }, (_, i) => beat(i, start)));
  console.log("done");
});
