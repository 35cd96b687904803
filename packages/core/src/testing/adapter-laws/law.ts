import type { AdapterPart } from "./adapter-binding.js";
import type { AdapterBench } from "./bench.js";

/** A law: what an adapter must do, shown on a bot, a Telegram and a time of its own. */
export interface AdapterLaw {
  readonly name: string;
  /** Parts that the framework must have for this law to mean something. */
  readonly needs?: readonly AdapterPart[];
  readonly run: (bench: AdapterBench) => Promise<void>;
}
