import pc from "picocolors";

const { NO_COLOR, TERM } = process.env;

/** Colours on a terminal only, and not when NO_COLOR is set. */
export const paint = pc.createColors(Boolean(process.stdout.isTTY) && !NO_COLOR && TERM !== "dumb");

/** The two sides, as they are called everywhere. */
export const nameOf = (guarded: boolean): string => (guarded ? "with" : "without");

const columns = 96;

/** Prints a sentence under a scenario's title, broken at words. */
export function say(text: string, lead = ""): void {
  const indent = 3 + lead.length;
  let line = "";
  let first = true;
  const flush = () => {
    console.log(`   ${first ? paint.bold(lead) : " ".repeat(lead.length)}${line}`);
    first = false;
    line = "";
  };
  for (const word of text.split(" ")) {
    if (line !== "" && indent + line.length + 1 + word.length > columns) flush();
    line = line === "" ? word : `${line} ${word}`;
  }
  flush();
}
