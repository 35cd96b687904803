/** For tests of stores, adapters and bots: laws to run and time to move. */

// For authors of adapters
export { type AdapterContractOptions, adapterContract } from "./adapter-contract.js";
export type {
  AdapterBinding,
  AdapterBot,
  AdapterFiles,
  AdapterPart,
  BotPlace,
  BotProfile,
  CallsInside,
  LawUpdate,
  MakeCall,
  SaidError,
} from "./adapter-laws/adapter-binding.js";
export type { AdapterUnderLaw } from "./adapter-laws/bench.js";
export type { LawClock } from "./adapter-laws/law-clock.js";
export type { LawFault, LocalTelegram, ReceivedMessage, SeenRequest } from "./adapter-laws/local-telegram.js";
// For authors of stores
export { storeContract } from "./store-contract.js";
// For everybody
export { VirtualClock } from "./virtual-clock.js";
