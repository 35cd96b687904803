import { expect, test } from "vitest";
import { consoleLogger } from "./console-logger.js";
import type { LogLevel } from "./logger.js";

function screen() {
  const lines: string[] = [];
  const to = (level: LogLevel) => (line: string) => void lines.push(`${level}: ${line}`);
  return { lines, console: { debug: to("debug"), info: to("info"), warn: to("warn"), error: to("error") } };
}

test("an event is one line, whatever it holds, by the console's method of its level", () => {
  const { lines, console } = screen();
  consoleLogger({ console }).warn({ event: "refused", chat: "5", rule: undefined, text: "a\nb" }, "refused");
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(
    /^warn: \d{4}-\d\d-\d\dT[\d:.]+Z warn sendonce: refused \{"event":"refused","chat":"5","text":"a\\nb"\}$/,
  );
});

test("lines below the level are left out, and nobody puts them together", () => {
  const { lines, console } = screen();
  const logger = consoleLogger({ console });
  logger.debug({}, "ordinary");
  expect(lines).toEqual([]);
  expect([logger.isLevelEnabled?.("debug"), logger.isLevelEnabled?.("info")]).toEqual([false, true]);
  consoleLogger({ level: "debug", console }).debug({}, "sendonce: ordinary");
  expect(lines[0]).toMatch(/ debug sendonce: ordinary \{\}$/);
});

test("a level that there is not is refused", () => {
  expect(() => consoleLogger({ level: "loud" as LogLevel })).toThrow(/"debug" or "info"/);
});
