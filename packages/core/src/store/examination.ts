import { type Clock, toMillis } from "../clock.js";
import { ownerToken } from "../job.js";
import { waitUntil } from "../limiter/wait.js";
import type { AdmitRequest, RuleCharge, Store, StoreHealth } from "./port.js";

/** What a look at a store has found. Times in ms. */
export interface StoreReport {
  /** As in logs; holds no secret. */
  readonly name: string;
  /** It answers: perhaps that it takes no writes, see `error`. */
  readonly reachable: boolean;
  /** How long its plainest answer took. */
  readonly latencyMs?: number;
  /** How long it took to claim a record and to free it: two commands. */
  readonly claimMs?: number;
  /** How long it took to pay a token bucket and to be paid back: two commands. */
  readonly bucketMs?: number;
  /** The store's clock minus this process's. Limits and leases go by the store's clock alone. */
  readonly clockOffsetMs?: number;
  /** Such as `7.0.15`. */
  readonly serverVersion?: string;
  readonly role?: "master" | "replica";
  /** How it makes room when it is full; left out where it has no limit. */
  readonly evictionPolicy?: string;
  readonly usedMemoryBytes?: number;
  /** Left out where it has no limit. */
  readonly maxMemoryBytes?: number;
  /** Why it cannot be used, and what to do about it. */
  readonly error?: string;
}

type Findings = { -readonly [Name in keyof StoreReport]: StoreReport[Name] };

/**
 * Asks a store for its health, claims a record and pays a bucket. Nothing of that outlasts a second. Never rejects;
 * answers with what it knows after two command time-outs.
 *
 * @param bot whose keys the probe stands among, as permissions and Cluster slots go by them
 */
export async function examine(store: Store, clock: Clock, bot: string): Promise<StoreReport> {
  const mostMs = 2 * (store.commandTimeoutMs ?? usualTimeoutMs);
  const findings: Findings = { name: store.name, reachable: false };
  const asked = question(store, clock, bot, findings).then(
    () => delete findings.error,
    (error: unknown) => {
      findings.error = String((error as Error | undefined)?.message ?? error);
    },
  );
  findings.error = `it did not answer within ${mostMs} ms: is it there, and are its host and this one idle enough?`;
  await waitUntil(clock, asked, mostMs);
  return { ...findings };
}

/** What a store that does not tell is given for one command. */
const usualTimeoutMs = 500;

async function question(store: Store, clock: Clock, bot: string, findings: Findings): Promise<void> {
  const from = clock.now();
  const health = await store.ping();
  const latencyMs = since(clock, from);
  const told = { ...toldBy(health), latencyMs, clockOffsetMs: offsetOf(health, clock, from) };
  Object.assign(findings, told, { reachable: true });
  if (store.embedded) return;
  const timed = (rules: readonly RuleCharge[]) => timeOf(clock, () => roundTrip(store, bot, rules));
  const [claimMs, bucketMs] = await Promise.all([timed([]), timed([probeBucket()])]);
  Object.assign(findings, { claimMs, bucketMs });
}

/** A record of nobody's is claimed, as for a message, and freed. It expires by itself within a second. */
export async function roundTrip(store: Store, bot: string, rules: readonly RuleCharge[] = []): Promise<void> {
  const record = `probe-${ownerToken()}`;
  const whose = { bot, owner: record, attempt: 0, rules };
  const admission = await store.admit({ ...whose, ...probeTimes, claim: { id: record, mode: "send" } });
  if (admission.status !== "go") throw new Error(`a probe was answered "${admission.status}"`);
  await store.settle({ ...whose, record, as: "unsent", ttlUs: 0 });
}

const probeTimes: Pick<AdmitRequest, "maxWaitUs" | "leaseUs" | "graceUs" | "ttlUs"> = {
  maxWaitUs: 0,
  leaseUs: 900_000,
  graceUs: 0,
  ttlUs: 900_000,
};

/** Full again after a microsecond. */
const probeBucket = (): RuleCharge => ({
  name: "probe",
  key: `probe-${ownerToken()}`,
  params: { kind: "bucket", capacity: 1, intervalUs: 1 },
  cost: 1,
  mode: "wait",
});

/** Of what a store tells, only what it knows. */
function toldBy({ serverVersion, role, evictionPolicy, usedMemoryBytes, maxMemoryBytes }: StoreHealth) {
  const told = { serverVersion, role, evictionPolicy, usedMemoryBytes, maxMemoryBytes };
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined));
}

/** The answer was written somewhere between question and arrival: half way, for all that we know. */
function offsetOf({ nowUs }: StoreHealth, clock: Clock, from: number): number {
  return Math.round(toMillis(nowUs) - (from + clock.now()) / 2);
}

async function timeOf(clock: Clock, work: () => Promise<void>): Promise<number> {
  const from = clock.now();
  await work();
  return since(clock, from);
}

const since = (clock: Clock, from: number): number => Math.round((clock.now() - from) * 100) / 100;
