import type { Guard } from "../guard.js";

/** Stands in until guard.health() is merged. */
export interface HealthNow {
  readonly mode: string;
  readonly store: { readonly reachable: boolean };
  readonly owed: number;
  readonly calls: { readonly open: number; readonly waiting: number };
}

export async function healthNow(guard: Guard): Promise<HealthNow> {
  const asked = guard as Guard & { health?: () => Promise<HealthNow> };
  if (asked.health) return asked.health();
  const reachable = await guard.store.ping().then(
    () => true,
    () => false,
  );
  const { mode = "embedded" } = guard.store as { mode?: string };
  return { mode, store: { reachable }, owed: 0, calls: { open: 0, waiting: 0 } };
}
