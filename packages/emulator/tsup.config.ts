import { defineConfig } from "tsup";

const common = { target: "node20", clean: true, sourcemap: true } as const;

export default defineConfig([
  { ...common, entry: { index: "src/index.ts" }, format: ["esm", "cjs"], dts: true },
  { ...common, entry: { cli: "src/cli.ts" }, format: ["esm"], banner: { js: "#!/usr/bin/env node" } },
]);
