import { ConfigurationError } from "../errors.js";
import type { Slots, Store } from "../store/port.js";

/** @throws ConfigurationError for a store that cannot share slots */
export function slotsOf(store: Store): Slots {
  if (store.slots) return store.slots;
  throw new ConfigurationError(
    `\`caps\` needs a store with slots, and ${store.name} has none; use redisStore() or memoryStore(), or leave \`caps\` out`,
  );
}
