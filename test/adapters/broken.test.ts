import { type AdapterContractOptions, adapterContract } from "@sendonce/core/testing";
import { createEmulator } from "@sendonce/emulator";
import { describe, expect, test } from "vitest";
import { handmade, type Mistake } from "./handmade-adapter.js";

/** For each mistake, laws that catch it, by how their names begin. */
const caughtBy: Readonly<Record<Mistake, readonly string[]>> = {
  "never put on": ["dedupe: the same call twice", "scope: an update that was handled"],
  "no scope": ["scope: the same words", "scope: calls that a handler left running"],
  "handler errors swallowed": ["poison: whatever else", "repeats: an update handled again"],
  "no user": ["scope: an answer is charged"],
  "one name for all bots": ["dedupe: two bots", "dedupe: a namespace"],
  "put on twice, its own way unmarked": ["wire: put on twice, the adapter"],
  "Telegram's answers taken for failures": ["floods: a 429 is waited out", "repeats: what Telegram refused"],
  "unknown retried": ["outcomes: unknown, it is reported and not repeated: a connection cut after"],
  "unknown taken for unsent": [
    "outcomes: unknown, it is reported and not repeated: a proxy's",
    "aborts: while Telegram is at it",
  ],
  "unsent taken for unknown": ["outcomes: a connection that was never made"],
  "payload emptied": ["payloads: deep-frozen"],
  "fields it does not know dropped": ["wire: fields of business connections"],
  "options on the wire": ["wire: a request is byte for byte", "wire: delivery() leaves no trace in a form"],
  "token in errors": ["secrets: no error holds", "secrets: nothing inside an error"],
  "Telegram's errors reworded": [
    "refusals: Telegram's own failures stay what the framework makes of them: 403",
  ],
  "refusals as plain errors": ["refusals: a turn too far away", "poison: an update whose handler"],
  "refusals without parameters": ["refusals: a key used for other content"],
  "results shared": ["replay: is a fresh object", "dedupe: concurrent twins"],
  "signal kept from the guard": ["aborts: before the call", "aborts: while it waits for its turn"],
  "signal listened to for ever": ["aborts: a call that has ended"],
  "files by name": ["files: the same bytes", "files: one on disk is what it holds"],
  "all methods guarded like messages": ["untouched: getMe and getUpdates", "untouched: edits"],
};

/** A law that none of the mistakes breaks: the adapter does run. */
const control = "dedupe: other words";

/** The laws that a mistaken adapter breaks, of those whose names begin so. */
async function broken(mistake: Mistake, beginnings: readonly string[]): Promise<string[]> {
  const laws: { name: string; run: () => Promise<void> }[] = [];
  const adapter = handmade(mistake);
  const telegram = createTelegram;
  adapterContract((name, run) => void laws.push({ name, run }), { adapter, telegram, exempt: 7 });
  const failed: string[] = [];
  for (const beginning of [...beginnings, control]) {
    const named = laws.filter(({ name }) => name.startsWith(beginning));
    expect(named).toHaveLength(1);
    await named[0]!.run().catch(() => failed.push(beginning));
  }
  return failed;
}

const createTelegram: AdapterContractOptions["telegram"] = (clock) => createEmulator({ clock });

describe("an adapter with a mistake breaks the laws that are there for it", () => {
  test.each(Object.entries(caughtBy) as [Mistake, string[]][])("%s", async (mistake, beginnings) => {
    expect(await broken(mistake, beginnings)).toEqual(beginnings);
  });
});

describe("a binding is told what it leaves out", () => {
  const binding = handmade();
  const laws = (adapter: typeof binding, exempt: number) => {
    const found: { name: string; run: () => Promise<void> }[] = [];
    adapterContract((name, run) => void found.push({ name, run }), {
      adapter,
      exempt,
      telegram: createTelegram,
    });
    return found;
  };

  test("a part that it neither has nor says to lack", () => {
    const { lacks: _, ...silent } = binding;
    expect(() => laws(silent, 0)).toThrow(/either make files of kind "url", or say in `lacks`/);
    expect(() => laws({ ...binding, lacks: { ...binding.lacks, url: "" } }, 7)).toThrow(
      /why does it lack "url"/,
    );
    expect(() => laws({ ...binding, lacks: { ...binding.lacks, bytes: "none" } }, 7)).toThrow(/kind "bytes"/);
  });

  test("a short form that it has and says to lack, or the other way round", async () => {
    const { send: _, ...unsaid } = { ...binding.lacks };
    const [first] = laws({ ...binding, lacks: unsaid }, 4);
    await expect(first!.run()).rejects.toThrow(/either have `send`, or say in `lacks`/);
  });

  test("laws that it is exempt from stand in the list with their reason, and are counted", async () => {
    const names = laws(binding, 7).map(({ name }) => name);
    const exempt = names.filter((name) => name.includes("[exempt: "));
    expect(exempt).toHaveLength(7);
    expect(exempt).toContain(
      "files: one that the framework fetches goes out once [exempt: the framework fetches nothing]",
    );
    expect(names.at(-1)).toMatch(/^\d+ of \d+ laws hold for a handmade adapter$/);
    await laws(binding, 7).at(-1)!.run();
    await expect(laws(binding, 6).at(-1)!.run()).rejects.toThrow(/are exempt; say so in `exempt`/);
  });
});
