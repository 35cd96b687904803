import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, totalmem } from "node:os";

const require = createRequire(import.meta.url);

/** What the figures hang on. */
export function machine(redis: string): Record<string, string> {
  return {
    cpu: `${cpus()[0]?.model ?? "unknown"} × ${cpus().length}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    node: process.version,
    redis,
    ...Object.fromEntries(
      [
        "grammy",
        "ioredis",
        "bottleneck",
        "rate-limiter-flexible",
        "@upstash/ratelimit",
        "redis-semaphore",
      ].map((name) => [name, versionOf(name)]),
    ),
    date: new Date().toISOString().slice(0, 10),
  };
}

function versionOf(name: string): string {
  const folder = require.resolve.paths(name)?.map((path) => `${path}/${name}/package.json`) ?? [];
  for (const file of folder) {
    try {
      return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
    } catch {}
  }
  return "unknown";
}
