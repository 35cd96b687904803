import { test } from "vitest";
import { recordLife } from "./record-life.js";
import { mutants, harmless, shipped } from "./mutants.js";
import { search } from "./search.js";
test("try", () => {
  for (const m of mutants) {
    for (const b of [m.bounds, {runs:3,attempts:2,lates:1}]) {
    let f; try {f= search(recordLife(b, {...shipped, ...m.change}), {maxStates: 100000}); } catch {}
    console.log(m.name, JSON.stringify(b), f?.states, f?.ms, f?.violation?.law === m.breaks ? "OK" : "WRONG wanted "+m.breaks, f?.violation?.law, "\n   " + (f?.violation?.trace.join("\n   ") ?? ""));
    if (f?.violation) break;
    }
  }
  for (const m of harmless) {
    const f = search(recordLife({runs:2,attempts:2,lates:1}, {...shipped, ...m.change}));
    console.log("harmless", m.name, f.states, f.ms, f.violation?.law,"\n   " + (f?.violation?.trace.join("\n   ") ?? ""));
  }
  for (const b of [{runs:2,attempts:2,lates:1,takeAmbiguous:true},{runs:1,attempts:2,lates:1,strict:true},{runs:2,attempts:1,lates:1,strict:true}]) {
    const f = search(recordLife(b));
    console.log(JSON.stringify(b), f.states, f.ms, f.violation?.law,"\n   " + (f?.violation?.trace.join("\n   ") ?? ""));
  }
}, 600000);
