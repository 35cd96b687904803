import { createInterface } from "node:readline";
import pc from "picocolors";
import { redacted } from "./redacted.js";

/** Where the program writes, and what it may use there. Data go to stdout, everything else to stderr. */
export class Screen {
  readonly json: boolean;
  /** Of stdout: none where it is no terminal, or where NO_COLOR or --no-color says so. */
  readonly paint: ReturnType<typeof pc.createColors>;

  constructor({ json, color }: { json: boolean; color: boolean }) {
    this.json = json;
    this.paint = pc.createColors(color && pc.isColorSupported && process.stdout.isTTY === true);
  }

  /** One line of data. */
  out(text: string): void {
    process.stdout.write(`${redacted(text)}\n`);
  }

  /** A word beside the data. */
  note(text: string): void {
    process.stderr.write(`${redacted(text)}\n`);
  }

  /** Data as JSON with --json, else as `text` makes them. */
  show(data: unknown, text: () => string): void {
    this.out(this.json ? JSON.stringify(data, null, 2) : text());
  }

  /** Asks for a yes; without a terminal there is nobody to ask, and the answer is undefined. */
  async confirms(question: string): Promise<boolean | undefined> {
    if (!process.stdin.isTTY) return undefined;
    const lines = createInterface({ input: process.stdin, output: process.stderr });
    try {
      const answer = await new Promise<string>((resolve) => {
        lines.once("close", () => resolve(""));
        lines.question(`${redacted(question)} [y/N] `, resolve);
      });
      return /^y(es)?$/i.test(answer.trim());
    } finally {
      lines.close();
    }
  }
}
