/** How far a broadcast is, in a terminal. Install `cli-progress` beside it. */
export { progressBar } from "./progress-bar.js";
