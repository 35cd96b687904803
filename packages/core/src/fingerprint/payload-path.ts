const longestName = 40;
const mostNames = 8;
const identifier = /^[A-Za-z_$][\w$]*$/;

/**
 * Names a place in a payload for an error message: `payload.reply_markup.inline_keyboard[0]`. Shows property
 * names only, never values, and cuts what is longer than a person reads.
 */
export function payloadPath(names: readonly (string | number)[]): string {
  const shown = names.slice(0, mostNames).map(step).join("");
  return `payload${shown}${names.length > mostNames ? "…" : ""}`;
}

function step(name: string | number): string {
  if (typeof name === "number") return `[${name}]`;
  const short = name.length > longestName ? `${name.slice(0, longestName)}…` : name;
  return identifier.test(name) ? `.${short}` : `[${JSON.stringify(short)}]`;
}
