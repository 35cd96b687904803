import type { Guard } from "../guard.js";
import { waitUntil } from "../limiter/wait.js";
import type { GuardHealth } from "../observe/health.js";
import { check, knownNames, oneOf, positiveWhole } from "../validate.js";

/** How health is answered. */
export interface HealthOptions {
  /**
   * A guard that does not tell in time counts as down, in ms. A look at a Redis takes a second at most by itself.
   * @default 3_000
   */
  readonly timeoutMs?: number;
  /**
   * What `degraded` answers. Messages go out then, guarded by this process alone: taking the process out of service
   * helps nobody, unless another one still reaches the store.
   * @default 200
   */
  readonly degradedIs?: 200 | 503;
}

/** What of one guard is told: what it says of itself, or that it said nothing. */
export type ToldHealth = GuardHealth | { readonly status: "down"; readonly problems: readonly string[] };

/** One answer, for any server. */
export interface HealthAnswer {
  readonly status: 200 | 503;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON: the health of the guard, or of several `{ status, guards }` with the worst of their states. */
  readonly body: string;
}

const defaultTimeoutMs = 3_000;
const headers = Object.freeze({
  "content-type": "application/json; charset=utf-8",
  // A proxy that keeps it would call a dead process well.
  "cache-control": "no-store",
});

/**
 * Asks guards how they are, and says it as an HTTP answer. For servers that {@link healthHandler} does not fit.
 *
 * @returns asks once each time it is called; never rejects
 * @throws ConfigurationError when an option is wrong
 */
export function healthAnswer(
  guards: Guard | readonly Guard[],
  options: HealthOptions = {},
): () => Promise<HealthAnswer> {
  knownNames("the health handler", options, ["timeoutMs", "degradedIs"]);
  const { timeoutMs = defaultTimeoutMs, degradedIs = 200 } = options;
  check(options.timeoutMs, (value) => positiveWhole("`timeoutMs`", value, "milliseconds"));
  oneOf("`degradedIs`", String(degradedIs), ["200", "503"]);
  const codes = { ok: 200, degraded: degradedIs, down: 503 } as const;
  return async function answerHealth() {
    const several = Array.isArray(guards) ? (guards as readonly Guard[]) : undefined;
    const told = await Promise.all(
      (several ?? [guards as Guard]).map((guard) => healthInTime(guard, timeoutMs)),
    );
    const status = worstOf(told);
    const body = JSON.stringify(several ? { status, guards: told } : told[0]);
    return { status: codes[status], headers, body };
  };
}

async function healthInTime(guard: Guard, ms: number): Promise<ToldHealth> {
  let told: ToldHealth = { status: "down", problems: [`the guard did not say within ${ms} ms how it is`] };
  const asked = guard.health().then((health) => {
    told = health;
  });
  await waitUntil(guard.clock, asked, ms);
  return told;
}

const fromBad: readonly GuardHealth["status"][] = ["down", "degraded", "ok"];

const worstOf = (told: readonly ToldHealth[]): GuardHealth["status"] =>
  fromBad.find((status) => told.some((health) => health.status === status)) ?? "ok";
