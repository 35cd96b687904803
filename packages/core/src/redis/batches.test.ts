import { describe, expect, it } from "vitest";
import { StoreUnavailable } from "../errors.js";
import { Batches } from "./batches.js";
import type { Connection } from "./connection.js";
import * as scripts from "./scripts.js";

const input = (i: number): scripts.AdmitInput => ({
  records: [`r${i}`],
  rules: [],
  given: undefined,
  deadline: undefined,
  claimed: 1,
  owner: `o${i}`,
  attempt: 0,
  content: "",
  mode: "s",
  takes: false,
  maxWait: 0,
  lease: 30_000_000,
  grace: 10_000_000,
  ttl: 60_000_000,
  charges: [],
});

/** A Cluster that moves the bot's keys: whoever has the patience for a while gets its answer. */
function moving(neededMs: number): Connection {
  const run = async (script: { readonly name: string }, _: unknown, patienceMs: number) => {
    await Promise.resolve();
    if (patienceMs < neededMs) throw new StoreUnavailable("moving", { moving: true });
    return script.name === "batch" ? ["batch", 1, 1, 1, 1] : ["go", 1, 30_000_000];
  };
  return { run } as unknown as Connection;
}

describe("a batch", () => {
  it("of a Cluster that moves its keys: each call has its own patience, whoever asked beside it", async () => {
    const batches = new Batches(moving(300));
    const ask = (i: number, patienceMs: number) =>
      batches.run("1", { letter: "a", script: scripts.admit, input: input(i), patienceMs });
    const asked = [ask(0, 120_000), ask(1, 120_000), ask(2, 100)];
    const [alone, patient, hasty] = await Promise.allSettled(asked);
    expect(alone).toMatchObject({ value: ["go", 1, 30_000_000] });
    expect(patient).toMatchObject({ value: ["go", 1, 30_000_000] });
    expect(hasty).toMatchObject({ status: "rejected", reason: { code: "store_unavailable", moving: true } });
  });
});
