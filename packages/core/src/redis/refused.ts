import { ConfigurationError, isSendonceError, type SendonceError, StoreUnavailable } from "../errors.js";

/**
 * What an error means for the store.
 * - `moving`: the keys are on their way to another node; waiting, no outage
 * - `away`: it answers, but takes no writes until somebody helps: away at the first such answer
 * - `failing`: it may be over with the next command: away after three in a row
 * - `foreign`: something else lives under our key; no store would help
 */
type Conduct = "moving" | "away" | "failing" | "foreign";

/** Answers of servers and clients, the first that fits; docs/redis.md shows them. They hold no password and no URL. */
const meanings: readonly (readonly [pattern: RegExp, conduct: Conduct, meaning: string])[] = [
  [/TRYAGAIN|\bASK \d|\bMOVED \d/, "moving", "the Redis Cluster is moving this bot's keys: come again"],
  [
    /WRONGPASS|NOAUTH|invalid password|invalid username-password/i,
    "away",
    "Redis refused the login: check user and password in REDIS_URL or the client's options",
  ],
  [
    /NOPERM/,
    "away",
    "the Redis user lacks a permission: it needs evalsha, eval, get, set, del, time on sendonce:*, for `caps` zadd, zrem, zcard, zscore, zremrangebyscore, pexpire, and for `waitForReplicas` wait",
  ],
  [/READONLY/, "away", "this Redis is a read-only replica: connect to the master"],
  [/OOM/, "away", "Redis is out of memory (maxmemory reached with noeviction): raise maxmemory"],
  [
    /NOREPLICAS/,
    "away",
    "Redis has too few replicas for a write (min-replicas-to-write): start them, or ask for fewer",
  ],
  [/MISCONF/, "away", "Redis cannot persist to disk and refuses writes: look at its log and its disk"],
  [
    /MASTERDOWN/,
    "away",
    "this Redis is a replica that has lost its master (replica-serve-stale-data no): connect to the master",
  ],
  [
    /WRONGTYPE/,
    "foreign",
    "a key that begins with sendonce: holds a value that is not Sendonce's; delete it, or give Sendonce a database of its own",
  ],
  [/LOADING/, "failing", "Redis is loading its data: wait until it has"],
  [/CLUSTERDOWN/, "failing", "the Redis Cluster is down: a master is missing, or a slot is nobody's"],
  [/BUSY/, "failing", "a script blocks Redis: end it by SCRIPT KILL"],
  [/ECONNREFUSED/, "failing", "Redis refused the connection: is it running at that address?"],
  [/ENOTFOUND|EAI_AGAIN/, "failing", "the Redis host name cannot be resolved: check the address"],
  [
    /ETIMEDOUT|timed out|Socket timeout|Connection is closed/i,
    "failing",
    "Redis did not answer in time: is it there, and are its host and this one idle enough?",
  ],
  [
    /certificate|self.signed|SSL|TLS/i,
    "failing",
    "the TLS connection to Redis failed: check rediss:// and the CA",
  ],
];

/** An error of the client or the server as one of ours. */
export function refused(error: unknown, verb: string): SendonceError {
  if (isSendonceError(error)) return error;
  const text = `${(error as Error)?.message ?? error} ${(error as { code?: string })?.code ?? ""}`;
  const known = meanings.find(([pattern]) => pattern.test(text));
  const [, conduct, meaning] = known ?? [undefined, "failing" as const, "Redis failed"];
  const cause = withoutArguments(error);
  if (conduct === "foreign") return new ConfigurationError(meaning, { cause });
  return new StoreUnavailable(`${meaning} (at ${verb})`, {
    cause,
    refusesWrites: conduct === "away",
    moving: conduct === "moving",
  });
}

/** ioredis puts the command with its arguments on its errors: keys and results have no place in a log. */
function withoutArguments(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined;
  const { name, message } = error;
  return Object.assign(new Error(message), { name });
}

/** Something else lives under one of our keys: nothing is written over it. */
export const foreignValue = (bot: string): ConfigurationError =>
  new ConfigurationError(
    `a key of sendonce:{${bot}}:… in Redis holds a value that is not Sendonce's; delete it, or give Sendonce a database of its own`,
  );

/** Answers of a Cluster that is being rearranged: wait and ask again, this is no outage. */
export const isMoving = (error: unknown): boolean => {
  const [[pattern]] = meanings as [(typeof meanings)[number]];
  return pattern.test(String((error as Error)?.message ?? ""));
};

/** Also as the last of several answers, where ioredis followed a slot from node to node until it had enough. */
export const isMissingScript = (error: unknown): boolean =>
  /^NOSCRIPT|Last error: \w+: NOSCRIPT/.test(String((error as Error)?.message ?? ""));
