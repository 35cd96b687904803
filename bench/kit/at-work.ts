/**
 * One contestant in a process of its own: `at-work.ts <title> <redis url> <widths> <ms>`; says one JSON line per width.
 */
import { Redis } from "ioredis";
import type { Running } from "../contestants/contestant.js";
import { contestants, titleOf } from "../contestants/index.js";
import { counted } from "./counted-commands.js";
import { median, quantile } from "./figures.js";
import { serverFigures } from "./server-figures.js";

/** What one width brought, per send where the name says so. */
export interface Work {
  readonly width: number;
  /** All sends of this process so far, its warm-up included. */
  readonly sends: number;
  readonly perSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly commandsPerSend: number;
  readonly bytesPerSend: number;
  readonly serverCpuUs: number;
  readonly clientCpuUs: number;
}

const [title, url, widths, ms] = process.argv.slice(2) as [string, string, string, string];
const contestant = contestants.find((each) => titleOf(each) === title);
if (contestant === undefined) throw new Error(`no contestant is called ${title}`);

/** Until the compiler has seen enough: with 200 ms the first width is measured while it still compiles. */
const warmUpMs = 700;

const commands = counted();

const clients: Redis[] = [];
const client = () => {
  const made = new Redis(url);
  clients.push(made);
  return made;
};
const admin = contestant.place === "redis" ? new Redis(url) : undefined;
const running = await contestant.open({ url, client });
let next = 0;
await send(running, 64, warmUpMs);
for (const width of widths.split(",").map(Number)) console.log(JSON.stringify(await measured(width)));
await Promise.race([running.close?.(), new Promise((resolve) => setTimeout(resolve, 1_000))]);
process.exit(0);

async function measured(width: number): Promise<Work> {
  const before = admin && (await serverFigures(admin));
  const cpu = process.cpuUsage();
  const asked = commands();
  const { count, seconds, took } = await send(running, width, Number(ms));
  const told = commands() - asked;
  const used = process.cpuUsage(cpu);
  const after = admin && (await serverFigures(admin));
  return {
    width,
    sends: next,
    perSecond: count / seconds,
    p50Us: median(took),
    p99Us: quantile(took, 0.99),
    commandsPerSend: told / count,
    bytesPerSend: after && before ? (after.bytes - before.bytes) / count : 0,
    serverCpuUs: after && before ? (after.cpuUs - before.cpuUs) / count : 0,
    clientCpuUs: (used.user + used.system) / count,
  };
}

async function send({ send }: Running, width: number, forMs: number) {
  const from = performance.now();
  const until = from + forMs;
  const first = next;
  const took: number[] = [];
  const worker = async () => {
    for (let began = from; began < until; ) {
      await send(next++);
      const now = performance.now();
      if (width === 1) took.push((now - began) * 1_000);
      began = now;
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  return { count: next - first, seconds: (performance.now() - from) / 1_000, took };
}
