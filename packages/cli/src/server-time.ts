import type { Session } from "./connect/session.js";

/** The server's clock, in microseconds: what every time in our values is on. */
export async function serverTimeUs(session: Session): Promise<number> {
  return (await session.store.ping()).nowUs;
}
