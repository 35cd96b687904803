import { defineConfig } from "tsup";

export default defineConfig({
  entry: { index: "src/index.ts", cli: "src/cli.ts" },
  format: ["esm", "cjs"],
  target: "node20",
  dts: { entry: { index: "src/index.ts" } },
  clean: true,
  sourcemap: false,
  silent: true,
  esbuildOptions(options, { format }) {
    // The program is ESM only: nobody requires it.
    if (format === "cjs") options.entryPoints = { index: "src/index.ts" };
  },
});
