import { register } from "node:module";

// `node --import tsx --import <this file> examples/x.ts`: the example runs as if it had never heard of Sendonce.
register("./hooks.mjs", import.meta.url);
