/**
 * Reads the names of commands off the bytes that a Redis client sends, however they are cut into chunks.
 * Knows arrays of bulk strings alone, which is all that clients send; encrypted bytes tell it nothing.
 */
export class RequestReader {
  #unread = Buffer.alloc(0);
  #readable = true;

  /** The commands that `chunk` completes, by name in lower case. */
  read(chunk: Buffer): string[] {
    if (!this.#readable) return [];
    this.#unread = Buffer.concat([this.#unread, chunk]);
    const names: string[] = [];
    for (let name = this.#next(); name !== undefined; name = this.#next()) names.push(name);
    return names;
  }

  /** Takes one whole command; undefined while the rest of it has not come. */
  #next(): string | undefined {
    const parts = this.#length(0, "*");
    if (parts === undefined) return undefined;
    let at = parts.end;
    let name: string | undefined;
    for (let part = 0; part < parts.value; part++) {
      const size = this.#length(at, "$");
      if (size === undefined || this.#unread.length < size.end + size.value + 2) return undefined;
      at = size.end + size.value + 2;
      name ??= this.#unread.toString("latin1", size.end, size.end + size.value).toLowerCase();
    }
    this.#unread = this.#unread.subarray(at);
    return name;
  }

  /** The number of a line such as `*3` or `$5`, and where the next line begins. */
  #length(at: number, sign: "*" | "$"): { value: number; end: number } | undefined {
    if (at >= this.#unread.length) return undefined;
    if (this.#unread[at] !== sign.charCodeAt(0)) {
      this.#readable = false;
      return undefined;
    }
    const end = this.#unread.indexOf("\r\n", at);
    return end < 0
      ? undefined
      : { value: Number(this.#unread.toString("latin1", at + 1, end)), end: end + 2 };
  }
}
