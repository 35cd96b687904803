import { fileURLToPath } from "node:url";
import { build } from "tsup";

/** Where the programs lie that contestants run in. */
export const built = fileURLToPath(new URL("../../node_modules/.cache/bench", import.meta.url));

/** What stays as its authors ship it. */
const peers = [
  "@grammyjs/transformer-throttler",
  "@upstash/ratelimit",
  "bottleneck",
  "grammy",
  "ioredis",
  "pino",
  "prom-client",
  "@opentelemetry/api",
  "rate-limiter-flexible",
  "redis-semaphore",
];

/**
 * Bundles what runs apart, with our packages as they are published: the loader that runs TypeScript names every closure
 * at run time, which would cost more than what is measured.
 */
export async function buildPrograms(): Promise<void> {
  const kit = fileURLToPath(new URL(".", import.meta.url));
  const programs = ["at-work", "fingerprints", "heap-per-chat", "observers", "racer"];
  await build({
    entry: programs.map((name) => `${kit}${name}.ts`),
    outDir: built,
    format: "esm",
    target: "node20",
    noExternal: [/^@sendonce\//, "cockatiel"],
    external: peers,
    silent: true,
    clean: true,
    config: false,
  });
}
