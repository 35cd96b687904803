import type { Contestant } from "./contestant.js";
import { floors } from "./floors.js";
import { original } from "./original.js";
import { peers } from "./peers.js";
import { sendonce } from "./sendonce.js";

/** Everybody, floors first. */
export const contestants: readonly Contestant[] = [...floors, ...sendonce, original, ...peers];

/** Name and place together: some are in both. */
export const titleOf = ({ name, place }: Contestant): string => `${name} [${place}]`;
