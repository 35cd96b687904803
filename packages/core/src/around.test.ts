import { expect, test } from "vitest";
import type { Around } from "./around.js";
import { GuardBench } from "./testing/guard-bench.js";

function noting(name: string, notes: string[]): Around {
  return async function note(call, send, run) {
    notes.push(`${name} ${call.method}`);
    const delivery = await run(async (signal) => {
      notes.push(`${name} sends`);
      return send(signal);
    });
    notes.push(`${name} ${delivery.status}`);
    return delivery;
  };
}

test("the last to come stands outermost, and each may stand around the request too", async () => {
  const bench = new GuardBench();
  const notes: string[] = [];
  bench.guard.around(noting("inner", notes));
  bench.guard.around(noting("outer", notes));
  await bench.say("a");
  expect(notes).toEqual([
    "outer sendMessage",
    "inner sendMessage",
    "inner sends",
    "outer sends",
    "inner sent",
    "outer sent",
  ]);
});

test("the same twice stands there twice, and is taken away one by one", async () => {
  const bench = new GuardBench();
  const notes: string[] = [];
  const around = noting("a", notes);
  const stops = [bench.guard.around(around), bench.guard.around(around)];
  stops[0]?.();
  stops[0]?.();
  await bench.say("a");
  expect(notes).toHaveLength(3);
  stops[1]?.();
  await bench.say("b");
  expect(notes).toHaveLength(3);
});

test("what passes through has nothing around it", async () => {
  const bench = new GuardBench();
  const notes: string[] = [];
  bench.guard.around(noting("a", notes));
  await bench.call({}, { method: "getMe" });
  await bench.call({}, { method: "getUpdates" });
  expect(notes).toEqual([]);
});
