import { type Clock, systemClock } from "../clock.js";
import { type GuardOptions, resolveOptions, type Settings } from "../options.js";
import { memoryStore } from "../store/memory.js";
import type { Store } from "../store/port.js";

/** Where a part works that was made without naming a bot. */
export const defaultNamespace = "default";

/** What every part that is made without a guard takes. */
export interface PartOptions {
  /** Where records and limits live. @default memoryStore(), this part's own */
  store?: Store;
  /**
   * Whose they are: parts and guards of one store and namespace share keys. The adapters file a bot's calls
   * under its numeric id unless they are given a `namespace`.
   * @default "default"
   */
  namespace?: string;
  /** Time source, for tests. */
  clock?: Clock;
}

/** Options of a part, checked and complete. */
export interface PartSettings extends Settings {
  readonly store: Store;
  readonly namespace: string;
}

/** Checks and completes what a part was given, by the guard's own rules. */
export function resolvePart(options: GuardOptions): PartSettings {
  const settings = resolveOptions(options);
  const { store, namespace = defaultNamespace } = settings;
  return { ...settings, namespace, store: store ?? memoryStore({ clock: options.clock ?? systemClock }) };
}
