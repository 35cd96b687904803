import type { Ask } from "./batches.js";
import { chargesText } from "./script.js";
import type { AdmitInput, BatchInput, SettleInput } from "./scripts.js";

/**
 * Calls as lua/batch.lua reads them: what many of them share stands there once, and all of it is a few long words. Each
 * word of a command costs the client about as much as all that is in it.
 */
export function packed(calls: readonly { readonly ask: Ask }[]): BatchInput {
  const keys = new Places();
  const plans = new Places();
  const results = new Places();
  let asked = "";
  for (const { ask } of calls) {
    const call = ask.letter === "a" ? claimText(ask.input, keys, plans) : endText(ask.input, keys, results);
    asked += asked === "" ? call : `,${call}`;
  }
  return {
    keys: keys.all,
    given: undefined,
    asked: `[[${plans.all.join()}],[${asked}]]`,
    results: results.all,
  };
}

const loneSurrogate = /\p{Surrogate}/gu;

/** As UTF-8 would carry it: an escape of half a letter is JSON, and yet cjson refuses all of it. */
const quoted = (text: string): string => JSON.stringify(text.replace(loneSurrogate, "\ufffd"));

function claimText(input: AdmitInput, keys: Places, plans: Places): string {
  const { owner, attempt, content, deadline, mode, lease, ttl, charges } = input;
  const plan = plans.of(`[${JSON.stringify(mode)},${lease},${ttl},${chargesText(charges)}]`);
  let call = `[${plan},${quoted(owner)},${attempt},${quoted(content)},${deadline ?? false}`;
  call += `,${keys.of(input.records[0]!)}`;
  for (const rule of input.rules) call += `,${keys.of(rule)}`;
  return `${call}]`;
}

function endText(
  { record, owner, attempt, as, result, ttl }: SettleInput,
  keys: Places,
  results: Places,
): string {
  return `[0,${quoted(owner)},${attempt},"${as}",${ttl},${keys.of(record)},${results.of(result)}]`;
}

/** Words, each once, by their place from 1. */
class Places {
  readonly all: string[] = [];
  readonly #at = new Map<string, number>();

  of(word: string): number {
    const known = this.#at.get(word);
    if (known !== undefined) return known;
    const place = this.all.push(word);
    this.#at.set(word, place);
    return place;
  }
}
