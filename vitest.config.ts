import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/*/src/**/*.test.ts", "test/**/*.test.ts"],
    typecheck: { include: ["test/**/*.test-d.ts"], tsconfig: "tsconfig.json" },
    // The first reads along with all that the run prints.
    globalSetup: ["test/kit/canaries/global-setup.ts", "test/kit/redis/global-setup.ts"],
    // Much of the suite waits for other processes, so that even two cores serve two files at once.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 30_000,
  },
});
