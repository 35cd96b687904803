import { defineConfig } from "tsup";

/**
 * `sideEffects: false` in package.json is true although scope.ts and delivered.ts run code on import: they only
 * put a slot on globalThis for their own exports. Whoever uses one of those keeps the module and so the slot;
 * whoever uses none needs no slot. The packages suite bundles and shakes a bot to prove it.
 *
 * Entry points share chunks in ESM only: in CommonJS each has its own copy of a class, so that what crosses between
 * them is recognised by brand or shape, as it is between an ESM and a CommonJS copy.
 */
export default defineConfig({
  entry: {
    index: "src/index.ts",
    "opentelemetry/index": "src/opentelemetry/index.ts",
    "progress-bar/index": "src/progress-bar/index.ts",
    "redis/index": "src/redis/index.ts",
    "testing/index": "src/testing/index.ts",
  },
  // Core loads its own subpath by name when REDIS_URL asks for it, so that the root holds no Redis client.
  external: ["@sendonce/core/redis"],
  format: ["esm", "cjs"],
  target: "node20",
  dts: true,
  clean: true,
  // What is shipped is unminified and keeps its names; a map would only say everything twice.
  sourcemap: false,
  silent: true,
});
