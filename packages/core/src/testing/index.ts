/** For tests of stores, adapters and bots: laws to run and time to move. */
export { storeContract } from "./store-contract.js";
export { VirtualClock } from "./virtual-clock.js";
