const ordinary = 60;
const longest = 3_600;

/**
 * How long `--observe` runs, in seconds; undefined without the flag. An hour at most, so that a forgotten demo ends.
 * @throws Error that names the remedy
 */
export function observedSeconds(args: readonly string[]): number | undefined {
  const flag = args.find((arg) => arg === "--observe" || arg.startsWith("--observe="));
  if (flag === undefined) return undefined;
  if (flag === "--observe") return ordinary;
  const seconds = Number(flag.slice("--observe=".length));
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= longest) return seconds;
  throw new Error(`--observe takes whole seconds from 1 to ${longest}, as in --observe=600`);
}
