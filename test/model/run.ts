import type { Settlement } from "../../packages/core/src/store/port.js";
import { type Command, type Commands, only } from "./commands.js";

/** Where a run is; the drawing is in record-life.ts. */
export type Phase = "idle" | "admitting" | "waiting" | "holding" | "open" | "settling" | "freezing" | "ended";

/** One run of the key: a client with its own owner token. */
export interface Run {
  readonly phase: Phase;
  readonly attempt: number;
  /** `settling`: what is being written. */
  readonly as?: Settlement | undefined;
  /** `settling`: it will claim again afterwards. */
  readonly again?: boolean | undefined;
  /** `holding`: may it still send, by its own clock? `miscounted`: it will think so for too long. */
  readonly lease?: "alive" | "over" | "miscounted" | undefined;
  /** Commands sent so far: each may have a late copy. */
  readonly sent: Commands;
  /** It ended without an answer to its admit. */
  readonly gaveUp?: boolean | undefined;
  /** Its record may rightly stand in the way: outcome unknown, crash, or a last command that was given up. */
  readonly excused?: boolean | undefined;
  /** It crashed with its request out: nobody but the record can tell. */
  readonly orphan?: boolean | undefined;
}

export const idle: Run = { phase: "idle", attempt: 1, sent: 0 };

export const isOver = ({ phase }: Run): boolean => phase === "ended" || phase === "idle";

/** It has sent its last kind of command. */
export const hasSaidAll = (run: Run): boolean => isOver(run) || run.phase === "settling";

export const mayAdmit = ({ phase }: Run): boolean =>
  phase === "idle" || phase === "admitting" || phase === "waiting";

/** What the run asks of the store next, or is asking. */
export function commandOf(run: Run): Command | undefined {
  const { attempt } = run;
  if (mayAdmit(run)) return { verb: "admit", attempt };
  if (run.phase === "open") return { verb: "renew", attempt };
  if (run.phase === "freezing") return { verb: "freeze", attempt };
  return run.phase === "settling" ? { verb: "settle", attempt, as: run.as! } : undefined;
}

/** The run once it has sent a command. */
const sending = (run: Run, command: Command): Run => ({ ...run, sent: run.sent | only(command) });

export const admitting = (run: Run): Run => ({
  ...sending(run, { verb: "admit", attempt: run.attempt }),
  phase: "admitting",
});

/** A request is out, and renewed from time to time. */
export const opened = (run: Run): Run => ({
  ...sending(run, { verb: "renew", attempt: run.attempt }),
  phase: "open",
  lease: undefined,
});

export const freezing = (run: Run): Run => ({
  ...sending(run, { verb: "freeze", attempt: run.attempt }),
  phase: "freezing",
});

export const settling = (run: Run, as: Settlement): Run => ({
  ...sending(run, { verb: "settle", attempt: run.attempt, as }),
  phase: "settling",
  as,
  lease: undefined,
});

export const ended = ({ sent, gaveUp, excused }: Run, change?: Partial<Run>): Run => ({
  phase: "ended",
  attempt: 0,
  sent,
  gaveUp,
  excused,
  ...change,
});
