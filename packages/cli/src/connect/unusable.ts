import { exitCodes, Stop } from "../exit.js";
import { sniff } from "./sniff.js";
import type { Target } from "./target.js";

interface Trouble {
  readonly says: string;
  readonly remedy: string;
}

type Explain = (target: Target, text: string) => Trouble;

/** What a failed connection means, by what the client or the server said. The first that fits counts. */
const troubles: readonly (readonly [RegExp, Explain])[] = [
  [
    /WRONGPASS|NOAUTH|invalid password|invalid username-password/i,
    ({ user }) => ({
      says: `Redis refused the login of user ${user}: the password is wrong or missing, or the user is off`,
      remedy:
        "correct user and password in REDIS_URL, as in redis://user:password@host:6379 (special characters as in any URL: %40 for @); the server shows its users with ACL LIST",
    }),
  ],
  [
    /ECONNREFUSED/,
    ({ host, port }) => ({
      says: `nothing listens at ${host}:${port}`,
      remedy:
        "start Redis there, or correct host and port in REDIS_URL; in containers, localhost is the container itself",
    }),
  ],
  [
    /ENOTFOUND|EAI_AGAIN/,
    ({ host }) => ({
      says: `the host name ${host} cannot be resolved`,
      remedy: "correct the host in REDIS_URL, or run this where the name is known",
    }),
  ],
  [
    /self.signed|unable to verify|unable to get (local )?issuer|CERT_|DEPTH_ZERO/i,
    () => ({
      says: "the certificate of Redis is signed by an authority that is not known here",
      remedy:
        "give the authority's certificate: --tls-ca ca.pem; bots take it as redisStore(url, { redis: { tls: { ca } } })",
    }),
  ],
  [
    /altnames|ERR_TLS_CERT_ALTNAME/i,
    ({ host }) => ({
      says: `the certificate of Redis is for another name than ${host}`,
      remedy: "use the name that stands in the certificate, or have one made for this name",
    }),
  ],
  [
    /certificate required|handshake failure|alert number (40|116)/i,
    () => ({
      says: "Redis asks clients for a certificate of their own (tls-auth-clients yes)",
      remedy:
        "set tls-auth-clients no or optional, since this tool shows none; bots take one as redisStore(url, { redis: { tls: { ca, cert, key } } })",
    }),
  ],
  [
    /LOADING/,
    () => ({
      says: "Redis is loading its data",
      remedy: "wait until it has, INFO persistence shows loading_eta_seconds",
    }),
  ],
  [
    /timed? ?out|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/i,
    ({ host, port }) => ({
      says: `${host}:${port} did not answer in time`,
      remedy: "check the network and its firewalls on the way to that port",
    }),
  ],
];

/** Says why Redis cannot be used. @param error what the client said */
export async function unusable(target: Target, error: unknown): Promise<Stop> {
  const { message = String(error), code = "" } = (error ?? {}) as { message?: string; code?: string };
  const text = `${message} ${code}`;
  const known = troubles.find(([pattern]) => pattern.test(text))?.[1](target, text);
  const { says, remedy } = known ??
    (await wrongLanguage(target)) ?? {
      says: `the connection broke: ${message.split("\n")[0]}`,
      remedy: "look into the log of Redis; rediss:// is for TLS, redis:// for plain connections",
    };
  return new Stop(exitCodes.noRedis, says, remedy);
}

/** One side speaks TLS and the other does not: each calls that something else, so the port itself is asked. */
async function wrongLanguage(target: Target): Promise<Trouble | undefined> {
  const spoken = await sniff(target);
  if (spoken === "tls" && !target.tls)
    return {
      says: "Redis speaks TLS on this port, and the URL says plain text",
      remedy: "write rediss:// instead of redis://; for an authority of your own add --tls-ca ca.pem",
    };
  if (spoken === "plain" && target.tls)
    return {
      says: "Redis speaks plain text on this port, and the URL says TLS",
      remedy: "write redis:// instead of rediss://, or connect to the port that tls-port names",
    };
  return undefined;
}
