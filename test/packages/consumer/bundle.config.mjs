/** Takes Sendonce in and drops all of it that the script does not use, as far as `sideEffects` allows. */
export default {
  entry: ["mixed.mjs"],
  outDir: "bundled",
  format: ["esm"],
  target: "node20",
  noExternal: [/^@sendonce\//],
  treeshake: true,
  minify: true,
  silent: true,
};
