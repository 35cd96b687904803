import { ConfigurationError, isSendonceError, type SendonceError, StoreUnavailable } from "../errors.js";

/** What a server's or a client's error means for us, and what to do about it. Holds no password and no URL. */
const meanings: readonly (readonly [RegExp, string])[] = [
  [
    /WRONGPASS|NOAUTH|invalid password|invalid username-password/i,
    "Redis refused the login: check user and password in REDIS_URL or the client's options",
  ],
  [
    /NOPERM/,
    "the Redis user lacks a permission: it needs evalsha, eval, get, set, del, time on sendonce:*, and for `caps` zadd, zrem, zcard, zscore, zremrangebyscore, pexpire",
  ],
  [/READONLY/, "this Redis is a read-only replica: connect to the master"],
  [/LOADING/, "Redis is loading its data"],
  [/OOM/, "Redis is out of memory (maxmemory reached with noeviction)"],
  [/NOREPLICAS/, "Redis has too few replicas for a write (min-replicas-to-write)"],
  [/MISCONF/, "Redis cannot persist to disk and refuses writes"],
  [/BUSY/, "a script blocks Redis"],
  [/CLUSTERDOWN/, "the Redis Cluster is down"],
  [/ECONNREFUSED/, "Redis refused the connection: is it running at that address?"],
  [/ENOTFOUND|EAI_AGAIN/, "the Redis host name cannot be resolved"],
  [/ETIMEDOUT|timed out|Socket timeout|Connection is closed/i, "Redis did not answer in time"],
  [/certificate|self.signed|SSL|TLS/i, "the TLS connection to Redis failed: check rediss:// and the CA"],
];

/** An error of the client or the server as one of ours. */
export function refused(error: unknown, verb: string): SendonceError {
  if (isSendonceError(error)) return error;
  const text = `${(error as Error)?.message ?? error} ${(error as { code?: string })?.code ?? ""}`;
  const meaning = meanings.find(([pattern]) => pattern.test(text))?.[1] ?? "Redis failed";
  const refusesWrites = /READONLY|OOM|NOREPLICAS|MISCONF|NOPERM|NOAUTH|WRONGPASS/.test(text);
  return new StoreUnavailable(`${meaning} (at ${verb})`, { cause: withoutArguments(error), refusesWrites });
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
export const isMoving = (error: unknown): boolean =>
  /TRYAGAIN|\bASK\b|MOVED|Too many Cluster redirections/i.test(String((error as Error)?.message ?? ""));

export const isMissingScript = (error: unknown): boolean =>
  /^NOSCRIPT/.test(String((error as Error)?.message ?? ""));
