import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import areas from "./areas.json" with { type: "json" };

const { tests } = areas[process.env.MUTATION_AREA as keyof typeof areas];

/** In the order in which an area names them: the quickest to notice come first, and most mutants fall there. */
class AsListed extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => tests.findIndex((path) => moduleId.endsWith(path));
    return [...files].sort((one, other) => place(one) - place(other));
  }
}

/**
 * The tests that answer for one area, once per mutant: what runs in one process, on moved time, without Redis.
 * The model's exhaustive search stays out: it takes longer than all the rest, and catches mutants of its own.
 */
export default defineConfig({
  root: fileURLToPath(new URL("../..", import.meta.url)),
  test: {
    include: tests,
    setupFiles: ["test/mutation/fixed-seed.ts"],
    testTimeout: 30_000,
    // One worker per mutant, not one per file: half of the time went into loading the same modules.
    isolate: false,
    sequence: { sequencer: AsListed },
  },
});
