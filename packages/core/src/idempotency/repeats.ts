/**
 * Counts deliveries of equal content within one scope. A call takes the lowest number whose call is neither
 * in flight nor ok: three equal sends take 0, 1, 2; repeating a *failed* call takes its number again and so
 * meets that call's own record.
 */
export class Repeats {
  readonly #calls = new Map<string, Array<"flying" | "ok" | "failed">>();

  take(content: string): number {
    const calls = this.#calls.get(content) ?? [];
    if (calls.length === 0) this.#calls.set(content, calls);
    const failed = calls.indexOf("failed");
    const number = failed < 0 ? calls.length : failed;
    calls[number] = "flying";
    return number;
  }

  /** The call has ended; anything but ok frees its number. */
  end(content: string, number: number, ok: boolean): void {
    const calls = this.#calls.get(content);
    if (calls) calls[number] = ok ? "ok" : "failed";
  }

  /** How many calls of that content are in flight. */
  flying(content: string): number {
    return this.#calls.get(content)?.filter((state) => state === "flying").length ?? 0;
  }
}
