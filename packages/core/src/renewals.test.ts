import { expect, it } from "vitest";
import type { Job } from "./job.js";
import type { Reporter } from "./observe/report.js";
import { Renewals } from "./renewals.js";
import type { RenewRequest, Store } from "./store/port.js";
import { VirtualClock } from "./testing/virtual-clock.js";

const jobOf = (owner: string) =>
  ({ call: { bot: "1" }, owner, attempt: 2, identity: { id: `r${owner}` }, charges: [] }) as unknown as Job;

function bench(renew: (request: RenewRequest) => Promise<boolean> = async () => true) {
  const clock = new VirtualClock();
  const from = clock.now();
  const renewed: [number, string][] = [];
  const reported: unknown[] = [];
  const store = {
    renew(request: RenewRequest) {
      renewed.push([clock.now() - from, request.owner]);
      return renew(request);
    },
  } as unknown as Store;
  const reporter = { storeFailed: (...told: unknown[]) => void reported.push(told) } as unknown as Reporter;
  return { clock, renewals: new Renewals(store, clock, reporter), renewed, reported };
}

it("each open request is renewed every ten seconds, counted from its own beginning", async () => {
  const { clock, renewals, renewed } = bench();
  renewals.begin(jobOf("a"));
  await clock.advance(4_000);
  const b = jobOf("b");
  renewals.begin(b);
  await clock.advance(21_000);
  renewals.end(b);
  await clock.advance(10_000);
  expect(renewed).toEqual([
    [10_000, "a"],
    [14_000, "b"],
    [20_000, "a"],
    [24_000, "b"],
    [30_000, "a"],
  ]);
});

it("a lease is renewed for the record, owner and attempt that hold it", async () => {
  const asked: RenewRequest[] = [];
  const { clock, renewals } = bench(async (request) => asked.push(request) > 0);
  renewals.begin(jobOf("a"));
  await clock.advance(10_000);
  expect(asked).toEqual([{ bot: "1", owner: "a", attempt: 2, record: "ra", leaseUs: 30_000_000, rules: [] }]);
});

it("there is a timer only while requests are open", () => {
  const { clock, renewals } = bench();
  const [a, b] = [jobOf("a"), jobOf("b")];
  renewals.begin(a);
  renewals.begin(b);
  renewals.end(a);
  expect(clock.pending).toBe(1);
  renewals.end(b);
  expect(clock.pending).toBe(0);
});

it("once closed it renews nothing any more, neither what is open nor what comes", async () => {
  const { clock, renewals, renewed } = bench();
  renewals.begin(jobOf("a"));
  renewals.close();
  renewals.begin(jobOf("b"));
  expect(clock.pending).toBe(0);
  await clock.advance(60_000);
  expect(renewed).toEqual([]);
});

it("a store that cannot renew is reported", async () => {
  const error = new Error("away");
  const { clock, renewals, reported } = bench(() => Promise.reject(error));
  renewals.begin(jobOf("a"));
  await clock.advance(10_000);
  expect(reported).toEqual([["renew", error]]);
});
