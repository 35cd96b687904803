import { read } from "../house/repository.js";

/** A command of the guide, and the lines that it shows below it. */
export interface Step {
  readonly args: readonly string[];
  readonly shows: readonly string[];
}

/** One symptom of the guide. */
export interface Symptom {
  readonly title: string;
  readonly text: string;
  readonly steps: readonly Step[];
}

/** The symptoms of a page, each with what it tells its reader to run. */
export function symptomsOf(page: string): Symptom[] {
  const [, ...sections] = read(page).split(/^## /m);
  return sections.map((section) => {
    const title = section.slice(0, section.indexOf("\n"));
    const blocks = [...section.matchAll(/```sh\nsendonce (.*)\n```\n```text\n([\s\S]*?)\n```/g)];
    const steps = blocks.map(([, line = "", shown = ""]) => ({
      args: line.split(" "),
      shows: shown.split("\n"),
    }));
    return { title, text: section, steps };
  });
}

/** Whether an output holds a line of the guide, in which `…` stands for anything and gaps of blanks for any gap. */
export function holds(output: string, line: string): boolean {
  const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/ {2,}/g, " +");
  return new RegExp(line.split("…").map(literal).join(".*")).test(output);
}
