/** For tests of stores, adapters and bots: laws to run and time to move. */
export { VirtualClock } from "./virtual-clock.js";
