/** What the process ends with. */
export const exitCodes = Object.freeze({
  /** All is well. */
  fine: 0,
  /** A problem was found, or what was asked for does not exist. */
  problem: 1,
  /** Wrong use: the message says how it is meant. */
  usage: 2,
  /** Redis could not be used: not reachable, login or TLS refused. */
  noRedis: 3,
});

/** Ends the program with a message for people: what is wrong, and what to do about it. */
export class Stop extends Error {
  override readonly name = "Stop";
  readonly code: number;
  readonly remedy: string | undefined;

  constructor(code: number, message: string, remedy?: string) {
    super(message);
    this.code = code;
    this.remedy = remedy;
  }
}

/** Wrong use. */
export const wrongUse = (message: string, remedy?: string): Stop =>
  new Stop(exitCodes.usage, message, remedy);
