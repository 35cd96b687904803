import type { Store } from "../store/port.js";
import { Bench } from "./laws/bench.js";
import { floodLaws } from "./laws/floods.js";
import { recordLaws } from "./laws/records.js";
import { ruleLaws } from "./laws/rules.js";

/**
 * The laws of the {@link Store} port, for any runner that has a `test(name, run)`: vitest, node:test, jest.
 * Each law works on a bot of its own and moves the time itself (`nowUs`), so a shared server will do and
 * nothing sleeps. Run them one after the other; close what `open` opened yourself.
 *
 * @param open opens a store, or hands out the same one each time
 * @example
 * import { test } from "node:test";
 * storeContract(test, () => memoryStore());
 */
export function storeContract(
  test: (name: string, run: () => Promise<void>) => void,
  open: () => Promise<Store> | Store,
): void {
  for (const { name, run } of [...recordLaws, ...ruleLaws, ...floodLaws]) {
    test(name, async () => run(new Bench(await open())));
  }
}
