import { afterAll, beforeAll, describe } from "vitest";
import { adaptiveLaws } from "./adaptive.js";
import { backlogLaws } from "./backlog.js";
import { crowdLaws } from "./crowd.js";
import { floodLaws } from "./floods.js";
import { groupMinute } from "./group-minute.js";
import { groupLaws } from "./groups.js";
import { RealWorld } from "./real-world.js";
import { wireLaws } from "./wire.js";

/** One file, so that the minute that a real group takes passes while everything else runs. */
const world = new RealWorld();
beforeAll(() => world.emulator.listen());
afterAll(() => world.close());
const minute = groupMinute(world);

// Real time first: what follows keeps the processor busy.
crowdLaws(world);
wireLaws();
groupLaws();
floodLaws();
describe("a backlog", backlogLaws);
adaptiveLaws();
minute.laws();
