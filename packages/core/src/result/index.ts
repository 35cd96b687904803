/** What is stored of a result, and what a replay answers. */
export { checkCodec, type ResultCodec } from "./codec.js";
export { replayedResult } from "./replayed.js";
export { type ResultMode, storedResult } from "./stored.js";
