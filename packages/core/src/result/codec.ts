import { ConfigurationError } from "../errors.js";
import { describe } from "../validate.js";

/**
 * What happens to a result on its way into the store and out of it: encryption, compression. Both run at once, in
 * the process that sends or replays; neither is ever asked about keys, only about results.
 *
 * @example
 * const codec: ResultCodec = { encode: (text) => encrypt(text), decode: (stored) => decrypt(stored) };
 */
export interface ResultCodec {
  /** What is stored instead of `text`. Its failure costs the stored result, never the send. */
  encode(text: string): string;
  /**
   * The `text` that was given to `encode`. Throws for what it cannot read (an old key, somebody else's): then a replay
   * says what the caller's own payload says.
   */
  decode(stored: string): string;
}

/**
 * Checks the option `idempotency.codec`.
 * @throws ConfigurationError naming the option and the remedy
 */
export function checkCodec(codec: unknown): void {
  const wanted = "`idempotency.codec` must have the methods encode and decode, as in { encode, decode }";
  if (typeof codec !== "object" || codec === null) {
    throw new ConfigurationError(`${wanted}; got ${describe(codec)}`);
  }
  for (const name of ["encode", "decode"] as const) {
    if (typeof (codec as Partial<ResultCodec>)[name] === "function") continue;
    throw new ConfigurationError(`${wanted}; \`${name}\` is missing`);
  }
}

/** Told which of the two failed. Never with what: an error of a codec may quote what it was given. */
export type CodecFailed = (step: keyof ResultCodec, message: string) => void;

/** A codec that may fail without failing a call. */
export class SafeCodec {
  readonly #codec: ResultCodec;
  readonly #onFailed: CodecFailed;

  constructor(codec: ResultCodec, onFailed: CodecFailed) {
    this.#codec = codec;
    this.#onFailed = onFailed;
  }

  encode(text: string): string | undefined {
    return this.#try("encode", text, "the message was sent, its result is not stored");
  }

  decode(stored: string): string | undefined {
    return this.#try("decode", stored, "the message is replayed without its stored result");
  }

  #try(step: keyof ResultCodec, text: string, consequence: string): string | undefined {
    let made: unknown;
    let what = "threw";
    try {
      made = this.#codec[step](text);
      what = "answered no text (it must not be asynchronous)";
    } catch {
      made = undefined;
    }
    if (typeof made === "string") return made;
    this.#onFailed(step, `idempotency.codec.${step} ${what}: ${consequence}`);
    return undefined;
  }
}
