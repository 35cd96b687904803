import { defaults } from "../defaults.js";
import { ConfigurationError } from "../errors.js";
import type { GuardOptions } from "../options.js";
import { checkCodec } from "../result/index.js";
import { check, isFunction, knownNames, oneOf, positiveWhole } from "../validate.js";

const idempotencyNames = [
  "ttlMs",
  "updateTtlMs",
  "match",
  "methods",
  "onBusy",
  "onMismatch",
  "onAmbiguous",
  "result",
  "secret",
  "codec",
];

/**
 * Checks and completes the option `idempotency`.
 * @throws ConfigurationError naming the option and the remedy
 */
export function resolveIdempotency(given: GuardOptions["idempotency"]) {
  const options = given === false || given === undefined ? {} : given;
  knownNames("`idempotency`", options, idempotencyNames);
  const { methods } = options;
  check(options.ttlMs, (value) => positiveWhole("`idempotency.ttlMs`", value, "milliseconds"));
  check(options.updateTtlMs, (value) => positiveWhole("`idempotency.updateTtlMs`", value, "milliseconds"));
  check(options.match, (value) => oneOf("`idempotency.match`", value, ["content", "position"]));
  check(methods, (value) => isFunction("`idempotency.methods`", value));
  check(options.onBusy, (value) => oneOf("`idempotency.onBusy`", value, ["wait", "reject"]));
  check(options.onMismatch, (value) => oneOf("`idempotency.onMismatch`", value, ["error", "replay", "send"]));
  if (typeof options.onAmbiguous !== "function") {
    check(options.onAmbiguous, (value) => oneOf("`idempotency.onAmbiguous`", value, ["block", "retry"]));
  }
  check(options.result, (value) => oneOf("`idempotency.result`", value, ["minimal", "full", "none"]));
  check(options.codec, checkCodec);
  return {
    dropsUpdates: given !== false,
    deduplicates: given === false ? () => false : (methods ?? (() => true)),
    ttlMs: options.ttlMs ?? defaults.idempotency.ttlMs,
    updateTtlMs: options.updateTtlMs ?? defaults.idempotency.updateTtlMs,
    match: options.match ?? defaults.idempotency.match,
    onBusy: options.onBusy ?? defaults.idempotency.onBusy,
    onMismatch: options.onMismatch ?? defaults.idempotency.onMismatch,
    onAmbiguous: options.onAmbiguous ?? defaults.idempotency.onAmbiguous,
    result: options.result ?? defaults.idempotency.result,
    codec: options.codec,
    secrets: resolveSecrets(options.secret),
  } as const;
}

function resolveSecrets(secret: string | string[] | undefined): readonly (string | undefined)[] {
  if (secret === undefined) return [undefined];
  const secrets = Array.isArray(secret) ? secret : [secret];
  if (secrets.length === 0 || secrets.some((one) => typeof one !== "string" || one === "")) {
    throw new ConfigurationError(
      "`idempotency.secret` must be a non-empty string or a list of them: the first writes, all read",
    );
  }
  return Object.freeze([...secrets]);
}
