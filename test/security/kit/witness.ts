import { inspect } from "node:util";
import type { EventName, Guard, Logger, Store } from "@sendonce/core";
import { onTestFinished } from "vitest";

const eventNames = [
  ...(["sent", "replayed", "failed", "refused", "wait", "freeze", "unguarded", "updateDropped"] as const),
  ...(["updateUnfinished", "dropped", "broadcast", "mode", "storeError"] as const),
] satisfies readonly EventName[];

/** Writes down all that an operator could come to read: log lines, events, warnings, the console, what a store is told. */
export class Witness {
  /** What was seen, by where. */
  readonly seen: { readonly where: string; readonly text: string }[] = [];
  readonly logger: Logger = {
    debug: this.#line(),
    info: this.#line(),
    warn: this.#line(),
    error: this.#line(),
  };

  /** From now until the test ends: the process's warnings, its console and its streams. */
  listen(): this {
    const warned = (warning: Error) => this.note("warning", warning);
    process.on("warning", warned);
    onTestFinished(() => void process.off("warning", warned));
    for (const name of ["log", "info", "warn", "error", "debug", "trace"] as const) this.#tap(name);
    return this;
  }

  note(where: string, what: unknown): void {
    this.seen.push({ where, text: `${described(what)}\n${json(what)}` });
  }

  /** Hears every event of a guard, and looks at the guard itself. */
  watch(guard: Guard): Guard {
    for (const name of eventNames) guard.on(name, (event) => this.note(`event ${name}`, event));
    onTestFinished(() => this.note("guard", guard));
    return guard;
  }

  /** A store whose every question and answer is written down. */
  between(store: Store): Store {
    return new Proxy(store, {
      get: (target, name) => {
        const value = Reflect.get(target, name, target) as unknown;
        if (typeof value !== "function") return value;
        return async (...asked: unknown[]) => {
          this.note(`store ${String(name)}`, asked);
          const answer: unknown = await value.apply(target, asked);
          this.note(`store ${String(name)} answers`, answer);
          return answer;
        };
      },
    });
  }

  #line() {
    return (fields: object, line: string) => this.note("log", { fields, line });
  }

  #tap(name: "log" | "info" | "warn" | "error" | "debug" | "trace"): void {
    const original = console[name];
    console[name] = (...said: unknown[]) => this.note(`console.${name}`, said);
    onTestFinished(() => {
      console[name] = original;
    });
  }
}

/** All that can be read off a value: what console.log would show and far more, an error's stack and causes included. */
function described(what: unknown): string {
  const shown = inspect(what, { depth: 10, showHidden: true, maxStringLength: null, maxArrayLength: null });
  const error = what as Partial<Error> | null | undefined;
  return `${shown}\n${error?.stack ?? ""}`;
}

function json(what: unknown): string {
  try {
    return JSON.stringify(what) ?? "";
  } catch {
    return "";
  }
}
