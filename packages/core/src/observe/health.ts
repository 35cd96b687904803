import type { StoreReport } from "../store/examination.js";
import type { StoreMode, WhenStoreDown } from "../store/failover.js";

/** How a guard is: for readiness checks, dashboards and people. See `guard.health()`. */
export interface GuardHealth {
  /**
   * - `ok`: messages go out as they should (there may be `problems` all the same)
   * - `degraded`: the store is away, messages go out on this process's own account
   * - `down`: nothing is sent, because the store is away under `"reject"`, or because the guard was closed
   */
  readonly status: "ok" | "degraded" | "down";
  /** Where records are kept right now; `embedded`: in this process's memory, by choice. */
  readonly mode: StoreMode | "embedded";
  /** What a look at the store has found just now. */
  readonly store: StoreReport;
  readonly calls: {
    /** Not answered yet; those that wait are among them. */
    readonly open: number;
    /** Those that wait for their turn, for a thaw or for a slot. */
    readonly waiting: number;
  };
  /** Outcomes that the store has not taken yet. They are told as soon as it is there, while this process lives. */
  readonly owed: number;
  /** What somebody should look after, each with its remedy. Holds no secret. */
  readonly problems: readonly string[];
}

/** What a guard knows of itself when it is asked. */
export type GuardFacts = Omit<GuardHealth, "status" | "problems"> & {
  readonly closed: boolean;
  readonly whenStoreDown: WhenStoreDown;
};

/** Puts together what is known. */
export function healthOf({ closed, whenStoreDown, ...facts }: GuardFacts): GuardHealth {
  const status = closed ? "down" : statusOf(facts, whenStoreDown);
  return { status, ...facts, problems: closed ? [closedText] : problemsOf(facts, whenStoreDown) };
}

type Facts = Omit<GuardFacts, "closed" | "whenStoreDown">;

function statusOf({ mode, store }: Facts, whenStoreDown: WhenStoreDown): GuardHealth["status"] {
  const well = store.error === undefined && (mode === "shared" || mode === "embedded");
  if (well) return "ok";
  return whenStoreDown === "reject" ? "down" : "degraded";
}

const closedText = "the guard was closed: it sends nothing any more; make another with createGuard()";

/** What it means for messages that the store is away. */
const consequences: { readonly [Mode in WhenStoreDown]: string } = {
  local: "this process guards itself alone, other processes may send the same once more",
  "allow-all": "messages go out unguarded",
  reject: "nothing is sent",
};

function problemsOf({ mode, store, owed }: Facts, whenStoreDown: WhenStoreDown): string[] {
  const found: string[] = [];
  const { error } = store;
  if (error !== undefined) found.push(`${store.name} cannot be used: ${error}`);
  if (mode !== "shared" && mode !== "embedded")
    found.push(
      `records are not shared now: ${consequences[mode]}; it ends within seconds once the store is well`,
    );
  else if (error !== undefined)
    found.push(`with the next failures records will not be shared: ${consequences[whenStoreDown]}`);
  if (owed > 0)
    found.push(
      `${owed} outcomes are known to this process alone: keep it running until the store has taken them`,
    );
  return [...found, ...serverProblems(store)];
}

/** Shares of its limit from where on a server's memory is worth a look. */
const fullFrom = 0.9;
const tolerableOffsetMs = 5_000;

function serverProblems(store: StoreReport): string[] {
  const found: string[] = [];
  const { role, evictionPolicy = "noeviction", serverVersion, clockOffsetMs = 0 } = store;
  if (role === "replica") found.push("this Redis is a replica and takes no writes: connect to the master");
  if (evictionPolicy !== "noeviction")
    found.push(
      `when it is full this Redis forgets what was sent (maxmemory-policy ${evictionPolicy}): set maxmemory-policy noeviction, or use another Redis than your cache`,
    );
  if (isNearlyFull(store))
    found.push("this Redis is nearly full: raise its maxmemory, or lower idempotency.ttlMs");
  if (serverVersion !== undefined && isTooOld(serverVersion))
    found.push(`this Redis is ${serverVersion}: Sendonce needs 6.2 or later, or Valkey`);
  if (Math.abs(clockOffsetMs) > tolerableOffsetMs)
    found.push(
      `the clocks of the store and of this process are ${Math.round(Math.abs(clockOffsetMs) / 1000)} s apart: nothing depends on it but the reading of logs; synchronise both by NTP`,
    );
  return found;
}

const isNearlyFull = ({ usedMemoryBytes = 0, maxMemoryBytes }: StoreReport): boolean =>
  maxMemoryBytes !== undefined && usedMemoryBytes > fullFrom * maxMemoryBytes;

function isTooOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < 6 || (major === 6 && minor < 2);
}
