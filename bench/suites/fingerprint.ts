import { median, shown } from "../kit/figures.js";
import { runApart } from "../kit/process.js";

/** Microseconds per fingerprint, by size of the payload. */
interface Prints {
  readonly bytes: number;
  readonly us: number;
}

/** Canonical form and hash of one payload: the only work that grows with what a message says. */
export async function fingerprint(rounds: number) {
  const said: Prints[] = [];
  for (let round = 0; round < rounds; round++) said.push(...(await runApart<Prints>("fingerprints", [])));
  return [300, 4_096].map((bytes) => ({
    payload: `${bytes} B`,
    "µs each": shown(median(said.filter((each) => each.bytes === bytes).map(({ us }) => us))),
  }));
}
