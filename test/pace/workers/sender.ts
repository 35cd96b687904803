/**
 * Sends COUNT messages, one every EVERY_MS, to one chat or each to its own. Says when each was asked for, in ms since
 * 1970 by a clock that all processes of a machine share, and how many had to wait.
 */

import { createInterface } from "node:readline";
import { createGuard, install } from "@sendonce/grammy";
import { Api } from "grammy";

const {
  BOT_TOKEN = "",
  API_ROOT = "",
  COUNT = "0",
  EVERY_MS = "0",
  FIRST = "0",
  STEP = "1",
  CHAT,
} = process.env;
const guard = createGuard();
const api = install(new Api(BOT_TOKEN, { apiRoot: API_ROOT }), guard);
const input = createInterface({ input: process.stdin });
const asked: string[] = [];
let waited = 0;
guard.on("sent", ({ waitedMs }) => {
  if (waitedMs > 0) waited++;
});

async function send(i: number, start: number): Promise<void> {
  const n = Number(FIRST) + i * Number(STEP);
  const wait = start + i * Number(EVERY_MS) - performance.now();
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, wait)));
  asked.push(`${n}@${performance.timeOrigin + performance.now()}`);
  await api.sendMessage(CHAT ? Number(CHAT) : 1_000 + n, `message ${n}`);
}

// Connects, and loads all that the first send needs.
await api.sendMessage(process.pid, "warm-up");
console.log("ready");
input.once("line", async (line) => {
  input.close();
  process.stdin.destroy();
  const start = Number(line) - performance.timeOrigin;
  await Promise.all(Array.from({ length: Number(COUNT) }, (_, i) => send(i, start)));
  console.log(`asked ${asked.join(" ")}`);
  console.log(`waited ${waited}`);
  console.log("done");
});
