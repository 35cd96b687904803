import { RedisServer } from "../../test/kit/redis/server.js";
import { median, shown } from "../kit/figures.js";
import { runApart } from "../kit/process.js";
import { racers } from "../kit/racers.js";

const racing = 4;
const each = 150;
/** A bucket of 30 that gets 30 a second serves 600 so fast. */
const idealSeconds = (racing * each - 30) / 30;

/** One message, as its process saw it: ms since 1970. */
export interface Raced {
  readonly asked: number;
  readonly sent: number;
}

interface Said {
  readonly raced: readonly Raced[];
  readonly commands: number;
}

/** Four processes × 150 messages on 30 a second. Who waits sleeps, so all race at once, each on a Redis of its own. */
export async function race() {
  return Promise.all(racers.map(({ name }) => raced(name)));
}

async function raced(name: string) {
  const server = await RedisServer.launch();
  const startAt = Date.now() + 6_000;
  try {
    const said = await Promise.all(
      Array.from({ length: racing }, (_, i) =>
        runApart<Said>("racer", [name, server.url, `${startAt + i * 5}`, `${each}`]),
      ),
    );
    return rowOf(name, said.flat());
  } finally {
    await server.stop();
  }
}

function rowOf(name: string, said: readonly Said[]) {
  const all = said.flatMap(({ raced }) => raced);
  const seconds =
    (Math.max(...all.map(({ sent }) => sent)) - Math.min(...all.map(({ asked }) => asked))) / 1_000;
  const moved = displacements(all);
  return {
    contestant: name,
    seconds: shown(seconds),
    "× ideal": (seconds / idealSeconds).toFixed(2),
    "commands per send": shown(said.reduce((sum, { commands }) => sum + commands, 0) / all.length),
    "places moved, median": shown(median(moved)),
    most: shown(Math.max(...moved)),
  };
}

/** By how many places each message went out before or after its turn. */
function displacements(all: readonly Raced[]): number[] {
  const byAsked = [...all].sort((a, b) => a.asked - b.asked);
  const rank = new Map([...all].sort((a, b) => a.sent - b.sent).map((one, i) => [one, i]));
  return byAsked.map((one, i) => Math.abs(rank.get(one)! - i));
}
