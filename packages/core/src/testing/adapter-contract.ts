import { equal } from "node:assert/strict";
import type { AdapterBinding, AdapterFiles, AdapterPart } from "./adapter-laws/adapter-binding.js";
import { AdapterBench, type AdapterUnderLaw } from "./adapter-laws/bench.js";
import { adapterLaws } from "./adapter-laws/index.js";
import type { AdapterLaw } from "./adapter-laws/law.js";

/** What {@link adapterContract} is told. */
export interface AdapterContractOptions extends AdapterUnderLaw {
  /** How many laws the adapter's `lacks` exempt it from; one more or less is a failure. @default 0 */
  readonly exempt?: number;
}

/**
 * The laws of adapters, for any runner that has a `test(name, run)`: one binding of some 50 lines, and every
 * promise of Sendonce is tried on your framework, over real HTTP against a local Telegram. Each law has a bot, a
 * Telegram and a time of its own, which is moved instead of slept; on a shared store they may run side by side
 * with others. A law that the framework has no use for stands in the list as `[exempt: reason]`, and is counted.
 *
 * @throws Error when the binding neither has a part nor says why it lacks it
 * @example
 * import { createEmulator } from "@sendonce/emulator";
 * describe("my adapter", () => {
 *   adapterContract(test, { adapter: myBinding, telegram: (clock) => createEmulator({ clock }) });
 * });
 */
export function adapterContract(
  test: (name: string, run: () => Promise<void>) => void,
  { exempt: declared = 0, ...under }: AdapterContractOptions,
): void {
  const { adapter } = under;
  checkBinding(adapter);
  let exempt = 0;
  for (const law of adapterLaws) {
    const reason = exemption(law, adapter);
    if (reason !== undefined) exempt++;
    if (reason === undefined) test(law.name, () => hold(law, under));
    else test(`${law.name} [exempt: ${reason}]`, async () => {});
  }
  test(`${adapterLaws.length - exempt} of ${adapterLaws.length} laws hold for ${adapter.name}`, async () => {
    equal(exempt, declared, "as many laws as declared are exempt; say so in `exempt`");
  });
}

/** Tries one law on an adapter. */
async function hold(law: AdapterLaw, under: AdapterUnderLaw): Promise<void> {
  const bench = await AdapterBench.open(under);
  try {
    await law.run(bench);
  } catch (error) {
    await bench.abandon();
    throw error;
  }
  await bench.close();
}

/** Why a law means nothing to an adapter. */
function exemption({ needs = [] }: AdapterLaw, { lacks = {} }: AdapterBinding): string | undefined {
  return needs.map((part) => lacks[part]).find((reason) => reason !== undefined);
}

const files: readonly (keyof AdapterFiles)[] = ["bytes", "path", "url", "stream"];

function checkBinding({ name, files: made, lacks = {} }: AdapterBinding): void {
  for (const kind of files) {
    if ((made[kind] === undefined) === (lacks[kind] !== undefined)) continue;
    throw new Error(`${name}: either make files of kind "${kind}", or say in \`lacks\` why there are none`);
  }
  for (const [part, reason] of Object.entries(lacks) as [AdapterPart, unknown][]) {
    if (typeof reason !== "string" || reason === "") throw new Error(`${name}: why does it lack "${part}"?`);
  }
}
