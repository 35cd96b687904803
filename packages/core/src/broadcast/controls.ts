import type { BroadcastProgress } from "./progress.js";

/** Steers a broadcast and tells how far it is. */
export interface BroadcastControls extends AsyncIterable<BroadcastProgress> {
  /** How far it is now. */
  readonly progress: BroadcastProgress;
  /** Takes no more recipients until `resume()`; what is on its way goes on. */
  pause(): void;
  resume(): void;
  /**
   * Takes no more recipients and gives reserved turns back; requests that are open end. The promise then resolves
   * with the state `"aborted"`; run it again under its id to go on.
   */
  abort(): void;
}

/** A broadcast that runs: await it for its last progress, iterate it to follow, or steer it. */
export type Broadcast = Promise<BroadcastProgress> & BroadcastControls;
