import { canariesIn, withoutCanaries } from "./canaries.js";

/** More than the longest line that is worth reading; the rest of a longer one is looked at piece by piece. */
const longestLine = 100_000;

/** Reads output line by line, in whatever pieces it comes, and keeps the lines that hold a canary. */
export class OutputWatch {
  /** What was found, with the canaries themselves left out. */
  readonly found = new Set<string>();
  #line = "";

  read(chunk: string | Uint8Array): void {
    const text = this.#line + (typeof chunk === "string" ? chunk : Buffer.from(chunk).toString());
    const lines = text.split("\n");
    this.#line = lines.pop()!.slice(-longestLine);
    for (const line of [...lines, this.#line]) this.#look(line);
  }

  #look(line: string): void {
    for (const name of canariesIn(line))
      this.found.add(`${name}: ${withoutCanaries(line).trim().slice(0, 300)}`);
  }
}

/** Lets `watch` read along with a stream, which gets everything unchanged; answers the end of it. */
export function readAlong(stream: NodeJS.WriteStream, watch: OutputWatch): () => void {
  const { write } = stream;
  stream.write = function readAlong(...args: Parameters<typeof write>) {
    watch.read(args[0]);
    return write.apply(stream, args);
  } as typeof write;
  return () => {
    stream.write = write;
  };
}
