import type { EmulatorOptions } from "@sendonce/emulator";
import type { Stage } from "./stage.js";
import type { Intended, Tally } from "./tally.js";

/** What one side of a scenario was up to. */
export interface Played {
  /** What people should have received, once each. */
  intended: Intended[];
  /** What happened, in one sentence. */
  told: string;
  /** 409s that the bot's own code was given. */
  conflicts?: number;
  /** Of the intended, those that the bot was told to be of unknown outcome: they may be missing. */
  unknown?: readonly Intended[];
  /** Process warnings of bots that live in other processes. */
  warnings?: Iterable<string>;
}

/** One side, counted. */
export interface Side extends Tally {
  told: string;
  conflicts: number;
  /** Missing, though nobody was told so. */
  unexplained: number;
  warnings: readonly string[];
}

/** Something that must have come out, in words, and whether it did. */
export type Claim = readonly [what: string, kept: boolean];

/** The same bot code, run without and with Sendonce. */
export interface Scenario {
  title: string;
  /** One sentence for a stranger. */
  story: string;
  /** Both sides at once; otherwise one after the other, because they would slow each other down. */
  sideBySide: boolean;
  /** Begins with the first scenario, because most of its time is waiting. */
  startsEarly?: boolean;
  telegram?: EmulatorOptions;
  /** Plays one side. The bot inside differs in one line: `if (guarded) install(bot)`. */
  play(stage: Stage): Promise<Played>;
  /** What this scenario shows beyond "nothing doubled, nothing missing" on the guarded side. */
  claims(plain: Side, guarded: Side): Claim[];
}
