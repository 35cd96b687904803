import * as asyncHooks from "node:async_hooks";
import * as crypto from "node:crypto";
import { ConfigurationError } from "./errors.js";

/**
 * What nothing here works without, and what some places that run JavaScript lack: browsers, bundles made for them,
 * edge runtimes. The one door to it, so that the import itself says what is missing rather than some call
 * "x is not a constructor".
 */
export const AsyncLocalStorage = needed("node:async_hooks", asyncHooks, "AsyncLocalStorage");
export type AsyncLocalStorage<T> = asyncHooks.AsyncLocalStorage<T>;

export const createHash = needed("node:crypto", crypto, "createHash");
export const createHmac = needed("node:crypto", crypto, "createHmac");
export const randomBytes = needed("node:crypto", crypto, "randomBytes");

type OneShot = (algorithm: string, data: string | Uint8Array, encoding: "base64url") => string;

/** One call instead of three objects: a third cheaper, but only Node 20.12 and later have it. */
export const oneShotHash = (crypto as unknown as { readonly hash?: OneShot }).hash;

function needed<M extends object, N extends keyof M & string>(from: string, module: M, name: N): M[N] {
  const found: unknown = module[name];
  if (typeof found === "function") return found as M[N];
  throw new ConfigurationError(
    `Sendonce needs ${name} of ${from}, and there is none here. It runs on Node 20 or newer, on Deno and on Bun: in a bundle set the platform to "node" (one for browsers puts an empty object in place of ${from}), on an edge runtime switch its Node compatibility on`,
  );
}
