/** Fingerprints payloads of two sizes in a process of its own; says one JSON line for each. */
import { fingerprint } from "../../packages/core/src/fingerprint/index.js";

for (const bytes of [300, 4_096]) {
  const text = "x".repeat(bytes - 60);
  const print = (i: number) =>
    fingerprint({
      bot: "4242",
      method: "sendMessage",
      payload: { chat_id: i, text: `${text}${i}`, parse_mode: "HTML" },
    });
  run(print, 20_000);
  const seconds = run(print, 100_000);
  console.log(JSON.stringify({ bytes, us: (seconds / 100_000) * 1e6 }));
}

function run(print: (i: number) => unknown, count: number): number {
  const from = performance.now();
  for (let i = 0; i < count; i++) print(1_000_000 + i);
  return (performance.now() - from) / 1_000;
}
