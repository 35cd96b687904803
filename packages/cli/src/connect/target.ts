import { readFileSync } from "node:fs";
import { redisUrlFromEnv } from "@sendonce/core";
import type { RedisOptions } from "ioredis";
import { wrongUse } from "../exit.js";

/** Which Redis, and how to trust it. */
export interface Target {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  /** The user that logs in; `default` where the URL names none. */
  readonly user: string;
  /** PEM of an authority of one's own. */
  readonly ca: string | undefined;
  /** Without user and password: what is shown. */
  readonly name: string;
}

/** How the Redis was named on the command line. */
export interface TargetOptions {
  readonly redis?: string | undefined;
  readonly tlsCa?: string | undefined;
}

/** @throws Stop that does not repeat the URL, since it may hold a password */
export function targetOf({ redis, tlsCa }: TargetOptions): Target {
  const url = redis ?? redisUrlFromEnv();
  if (url === undefined)
    throw wrongUse("no Redis is named", "set REDIS_URL, or give --redis redis://host:6379");
  if (!/^rediss?:\/\//.test(url) || !URL.canParse(url))
    throw wrongUse(
      "the Redis URL cannot be read",
      "write it as redis://user:password@host:6379/0, or rediss:// for TLS",
    );
  const { protocol, hostname, port, username, pathname } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "") || "localhost";
  const database = /^\/\d+$/.test(pathname) && pathname !== "/0" ? pathname : "";
  return {
    url,
    host,
    port: Number(port || 6379),
    tls: protocol === "rediss:",
    user: decodeURIComponent(username) || "default",
    ca: tlsCa === undefined ? undefined : authority(tlsCa),
    name: `${protocol}//${hostname || "localhost"}:${port || 6379}${database}`,
  };
}

function authority(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw wrongUse(
      `the file of --tls-ca cannot be read: ${file}`,
      "give the path of a PEM file with the certificate of your authority",
    );
  }
}

/** Settings of a connection that tells what is wrong at once instead of trying again. */
export function clientOptions({ tls, ca }: Target): Omit<RedisOptions, "replyMapping"> {
  return {
    lazyConnect: true,
    enableReadyCheck: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    connectTimeout: 5_000,
    commandTimeout: 5_000,
    // A timer of this length holds the process after a connection that was never made.
    disconnectTimeout: 100,
    connectionName: "sendonce-cli",
    retryStrategy: () => null,
    ...(tls && { tls: ca === undefined ? {} : { ca } }),
  };
}
