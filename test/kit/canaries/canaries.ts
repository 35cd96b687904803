/**
 * Secrets that the whole suite uses and that nothing may print: the tokens of the kit's bots and of the demo's, and
 * the passwords of its Redis servers.
 */
export const canaries: Readonly<Record<string, string>> = {
  "a bot token": ":test-token",
  "the demo's bot token": ":local-telegram-only",
  "a Redis password": "hunter2",
};

/** The names of the canaries that a text holds, as they are or as a URL spells them. */
export const canariesIn = (text: string): string[] =>
  Object.entries(canaries).flatMap(([name, value]) =>
    text.includes(value) || text.includes(encodeURIComponent(value)) ? [name] : [],
  );

/** The text with no canary in it. */
export const withoutCanaries = (text: string): string =>
  Object.values(canaries).reduce(
    (rest, value) => rest.replaceAll(value, "[canary]").replaceAll(encodeURIComponent(value), "[canary]"),
    text,
  );
