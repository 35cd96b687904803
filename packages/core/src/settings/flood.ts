import { defaults } from "../defaults.js";
import { ConfigurationError } from "../errors.js";
import type { FloodOptions, GuardOptions } from "../options.js";
import { check, knownNames, nonNegative } from "../validate.js";

/**
 * Checks and completes the option `flood`.
 * @throws ConfigurationError naming the option and the remedy
 */
export function resolveFlood(given: GuardOptions["flood"]) {
  if (given === false) return { floodRetries: 0, freezes: false, rateCeiling: 0 };
  const flood = given ?? {};
  knownNames("`flood`", flood, ["retries", "adaptive"]);
  check(flood.retries, (value) => nonNegative("`flood.retries`", value, "tries"));
  check(flood.adaptive, (value) => {
    const ceiling = typeof value === "boolean" ? 1 : value.ceiling;
    if (typeof ceiling === "number" && ceiling >= 1 && ceiling <= 10) return;
    throw new ConfigurationError(
      "`flood.adaptive` must be true, false or { ceiling }, a factor of 1 to 10 of what the rules say",
    );
  });
  return {
    floodRetries: Math.floor(flood.retries ?? defaults.flood.retries),
    freezes: true,
    rateCeiling: ceilingOf(flood.adaptive ?? defaults.flood.adaptive),
  };
}

/** In parts per million; 0: rules keep to what they say. */
function ceilingOf(adaptive: NonNullable<FloodOptions["adaptive"]>): number {
  if (typeof adaptive === "boolean") return adaptive ? 1_000_000 : 0;
  return Math.round(adaptive.ceiling * 1_000_000);
}
