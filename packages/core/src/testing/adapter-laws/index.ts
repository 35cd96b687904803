import { abortLaws } from "./aborts.js";
import { dedupeLaws } from "./dedupe.js";
import { fileLaws } from "./files.js";
import { floodLaws } from "./floods.js";
import type { AdapterLaw } from "./law.js";
import { outcomeLaws } from "./outcomes.js";
import { refusalLaws } from "./refusals.js";
import { repeatLaws } from "./repeats.js";
import { replayLaws } from "./replay.js";
import { scopeLaws } from "./scope.js";
import { untouchedLaws } from "./untouched.js";
import { wireLaws } from "./wire.js";

/** The one law table for adapters, in the order in which it is read. */
export const adapterLaws: readonly AdapterLaw[] = [
  ...dedupeLaws,
  ...scopeLaws,
  ...repeatLaws,
  ...replayLaws,
  ...refusalLaws,
  ...floodLaws,
  ...outcomeLaws,
  ...fileLaws,
  ...abortLaws,
  ...wireLaws,
  ...untouchedLaws,
];
