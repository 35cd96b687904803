import { randomBytes } from "node:crypto";

/** Secrets of a test, each a string that nothing else contains, by the place where it is put. */
export class Canaries {
  readonly #forms = new Map<string, string>();
  readonly #planted = new Map<string, string>();

  /**
   * A secret for a place. Letters and digits alone, so that JSON and URLs carry it as it is; in lower case, so that
   * nobody makes another of it.
   */
  plant(place: string): string {
    const known = this.#planted.get(place);
    if (known !== undefined) return known;
    const secret = `canary${randomBytes(12).toString("hex")}`;
    this.#planted.set(place, secret);
    for (const form of formsOf(secret)) this.#forms.set(form, place);
    return secret;
  }

  /** The places whose secrets are in there, in whatever form. */
  in(found: string | Buffer): string[] {
    const text = (typeof found === "string" ? found : found.toString("latin1")).replaceAll("\\", "");
    const places = [...this.#forms].filter(([form]) => text.includes(form)).map(([, place]) => place);
    return [...new Set(places)].sort();
  }

  get places(): readonly string[] {
    return [...this.#planted.keys()];
  }
}

/** Plain (also in JSON and URLs), percent-encoded throughout, hex, base64 wherever it begins, and backwards. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString("hex");
  const percent = hex.replace(/../g, "%$&");
  const base64 = [0, 1, 2].map((shift) => {
    const shifted = Buffer.concat([Buffer.alloc(shift), bytes]).toString("base64");
    // What stands at the edges depends on the neighbours.
    return shifted.slice(4, -4);
  });
  const wide = Buffer.from(secret, "utf16le").toString("latin1");
  const backwards = [...secret].reverse().join("");
  return [secret, hex, hex.toUpperCase(), percent, percent.toUpperCase(), ...base64, wide, backwards];
}
