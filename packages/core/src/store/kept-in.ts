import type { Events } from "../observe/events.js";
import type { Warnings } from "../observe/warnings.js";
import type { Settings } from "../options.js";
import { FailoverStore } from "./failover.js";
import { memoryStore } from "./memory.js";
import type { Store } from "./port.js";

/** Where a guard keeps its records and limits; `failover` is that store again, where it is one that can go away. */
export interface Kept {
  readonly store: Store;
  readonly failover?: FailoverStore;
}

/** The store of the options, with what shall happen while it is away; without one, this process's memory. */
export function keptIn(settings: Settings, events: Events, warnings: Warnings): Kept {
  const { store, whenStoreDown, logger, clock } = settings;
  if (store === undefined) return { store: embeddedStore(settings, events, warnings) };
  if (store.embedded) return { store };
  logger?.info(
    { event: "store", store: store.name, whenStoreDown },
    "sendonce: records and limits are shared",
  );
  const failover = new FailoverStore(store, {
    whenStoreDown,
    clock,
    onMode: (mode, reason) => events.emit("mode", { mode, store: store.name, reason }),
    onFall: (verb, message) => events.emit("storeError", { verb, message }),
    onDropped: (count) => events.emit("dropped", { count }),
    trips: {
      wanted: () => events.wants("storeTrip"),
      tell: (verb, ms, ok) => events.emit("storeTrip", { verb, ms, ok }),
    },
  });
  return { store: failover, failover };
}

function embeddedStore({ clock }: Settings, events: Events, warnings: Warnings): Store {
  const onDropped = (count: number) => {
    events.emit("dropped", { count });
    warnings.once("full");
  };
  return memoryStore({ clock, onDropped });
}
