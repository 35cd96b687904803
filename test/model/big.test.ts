import { test } from "vitest";
import { recordLife } from "./record-life.js";
import { search } from "./search.js";
test("big", () => {
  for (const b of [{runs:2,attempts:3,lates:1},{runs:2,attempts:2,lates:3},{runs:4,attempts:1,lates:1},{runs:3,attempts:2,lates:1}]) {
    const f = search(recordLife(b));
    console.log(JSON.stringify(b), f.states, f.ms, f.violation?.law, "\n" + (f.violation?.trace.join("\n") ?? ""));
  }
}, 600000);
