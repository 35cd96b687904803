import { expect, test } from "vitest";
import { StoreUnavailable } from "../errors.js";
import { VirtualClock } from "../testing/virtual-clock.js";
import { Circuit } from "./circuit.js";
import { memoryStore } from "./memory.js";
import type { Store } from "./port.js";

/** A circuit before a store that does nothing by itself, and all that it told. */
function bench(store?: Store) {
  const clock = new VirtualClock();
  const told: string[] = [];
  const trips: { verb: string; ms: number; ok: boolean }[] = [];
  let listening = false;
  const circuit = new Circuit(store ?? memoryStore({ clock }), {
    clock,
    onLost: (reason) => told.push(`lost: ${(reason as Error).message}`),
    onBack: () => told.push("back"),
    owes: () => false,
    tellOwed: async () => {},
    trips: { wanted: () => listening, tell: (verb, ms, ok) => trips.push({ verb, ms, ok }) },
  });
  const fails = (error: Error = new StoreUnavailable("gone")) =>
    circuit.ask("admit", () => Promise.reject(error)).catch((thrown: Error) => thrown);
  const answers = () => circuit.ask("admit", async () => "well");
  return {
    ...{ clock, circuit, told, trips, fails, answers },
    listen(on = true) {
      listening = on;
    },
  };
}

test("the third failure in a row is an outage, whatever succeeded before", async () => {
  const { circuit, fails, answers, told } = bench();
  for (let round = 0; round < 3; round++) {
    await fails();
    await fails();
    expect(await answers()).toBe("well");
  }
  expect(circuit.isClosed).toBe(true);
  for (let i = 0; i < 3; i++) await fails();
  expect(circuit.isClosed).toBe(false);
  expect(told).toEqual(["lost: gone"]);
});

test("a success that was asked before a failure, and comes after it, ends the row too", async () => {
  const { circuit, fails } = bench();
  let answer = (_: string) => {};
  const slow = circuit.ask("admit", () => new Promise<string>((resolve) => (answer = resolve)));
  await fails();
  await fails();
  answer("well");
  await slow;
  await fails();
  await fails();
  expect(circuit.isClosed).toBe(true);
});

test("a success that was asked before an outage, and comes in it, does not end it", async () => {
  const { circuit, fails, told, clock } = bench();
  let answer = (_: string) => {};
  const slow = circuit.ask("admit", () => new Promise<string>((resolve) => (answer = resolve)));
  for (let i = 0; i < 3; i++) await fails();
  answer("well");
  await slow;
  await clock.advance(0);
  expect(told).toEqual(["lost: gone"]);
  expect(circuit.isClosed).toBe(false);
});

test("nor does it while the store is asked whether it is back, and is not", async () => {
  let refuse = (_: Error) => {};
  const dead = Object.assign(memoryStore(), {
    admit: () => new Promise<never>((_, reject) => (refuse = reject)),
  });
  const { circuit, fails, told, clock } = bench(dead);
  let answer = (_: string) => {};
  const slow = circuit.ask("admit", () => new Promise<string>((resolve) => (answer = resolve)));
  for (let i = 0; i < 3; i++) await fails();
  await clock.advance(1_000);
  answer("well");
  await slow;
  refuse(new StoreUnavailable("still gone"));
  await clock.advance(0);
  expect(told).toEqual(["lost: gone"]);
  expect(circuit.isClosed).toBe(false);
});

test("failures that were asked together are as many", async () => {
  const { circuit, fails, told } = bench();
  const errors = await Promise.all([fails(), fails(), fails(), fails()]);
  expect(errors.map(({ message }) => message)).toEqual(Array(4).fill("gone"));
  expect(errors.every((error) => circuit.wasAsked(error))).toBe(true);
  expect(circuit.isClosed).toBe(false);
  expect(told).toEqual(["lost: gone"]);
});

test("an error that is no outage reaches who asked as it is, and counts for nothing", async () => {
  const { circuit, fails } = bench();
  const bug = new Error("bug");
  const moving = new StoreUnavailable("moving", { moving: true });
  for (let i = 0; i < 5; i++) {
    expect(await fails(bug)).toBe(bug);
    expect(await fails(moving)).toBe(moving);
  }
  expect(circuit.isClosed).toBe(true);
});

test("a store that takes no writes is an outage at once", async () => {
  const { circuit, fails, told } = bench();
  await fails(new StoreUnavailable("read only", { refusesWrites: true }));
  expect(circuit.isClosed).toBe(false);
  expect(told).toEqual(["lost: read only"]);
});

test("while it is away nothing leaves this process, and what was not asked is known as such", async () => {
  const { circuit, fails, answers, clock, told } = bench();
  for (let i = 0; i < 3; i++) await fails();
  const error = await answers().catch((thrown: Error) => thrown);
  expect(error).toBeInstanceOf(StoreUnavailable);
  expect(circuit.wasAsked(error)).toBe(false);
  await clock.advance(1_000);
  expect(told).toEqual(["lost: gone", "back"]);
  expect(await answers()).toBe("well");
});

test("a store that throws is one that rejects", async () => {
  const { circuit } = bench();
  const thrown = circuit.ask("admit", () => {
    throw new StoreUnavailable("thrown");
  });
  await expect(thrown).rejects.toThrow("thrown");
});

test("a round trip is measured while somebody wants to know, a failed one too", async () => {
  const { circuit, clock, fails, trips, listen } = bench();
  const slow = () => circuit.ask("ping", () => clock.sleep(7));
  await clock.run(slow());
  listen();
  await clock.run(slow());
  await fails();
  listen(false);
  await clock.run(slow());
  expect(trips).toEqual([
    { verb: "ping", ms: 7, ok: true },
    { verb: "admit", ms: 0, ok: false },
  ]);
});
