import { expect, test } from "vitest";
import { untilAborted } from "./until-aborted.js";

test("who stops waiting leaves no failure unheard", async () => {
  const unheard: unknown[] = [];
  const hear = (error: unknown) => unheard.push(error);
  process.on("unhandledRejection", hear);
  const work = new Promise((_, reject) => setImmediate(reject, new Error("too late")));
  expect(await untilAborted(work, AbortSignal.abort())).toBeUndefined();
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.off("unhandledRejection", hear);
  expect(unheard).toEqual([]);
});
