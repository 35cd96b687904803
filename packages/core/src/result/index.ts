/** What is stored of a result, and what a replay answers. */
export { replayedResult } from "./replayed.js";
export { type ResultMode, storedResult } from "./stored.js";
