import { describe, expect, it } from "vitest";
import { Repeats } from "../../packages/core/src/idempotency/repeats.js";
import { type Handling, handling, type RepeatNumbers, repeatLaws } from "./repeats.js";
import { search } from "./search.js";

const pings = ["ping", "ping", "ping"];
const mixed = ["ping", "pong", "ping"];
const usual: Omit<Handling, "numbers"> = { says: pings, atOnce: 1, retries: 2, deliveries: 2 };
const real = (): RepeatNumbers => new Repeats();

describe("repeat numbers", () => {
  for (const says of [pings, mixed]) {
    for (const atOnce of [1, 3]) {
      it(`say “${says.join(", ")}” once each over failures, retries and redeliveries, ${atOnce} at once`, () => {
        const findings = search(handling({ ...usual, says, atOnce, deliveries: 3, numbers: real }));
        console.log(
          `repeats ${says.join()}, ${atOnce} at once: ${findings.states} states, ${findings.ms} ms`,
        );
        expect(findings.violation).toBeUndefined();
      });
    }
  }
});

/** Numbers that go by a count of some calls. */
class Counted implements RepeatNumbers {
  readonly #counts = new Map<string, number>();
  readonly #under: (content: string) => string;

  constructor(under = (content: string) => content) {
    this.#under = under;
  }

  take(content: string): number {
    const count = this.#counts.get(this.#under(content)) ?? 0;
    this.#counts.set(this.#under(content), count + 1);
    return count;
  }

  end(_content: string, _number: number, _ok: boolean): void {}
}

/** Numbers that ask the real ones under other circumstances. */
const changed = (
  content: (content: string) => string,
  ok: (ok: boolean) => boolean,
): (() => RepeatNumbers) => {
  return () => {
    const repeats = new Repeats();
    return {
      take: (given) => repeats.take(content(given)),
      end: (given, number, wasOk) => repeats.end(content(given), number, ok(wasOk)),
    };
  };
};

const same = (content: string): string => content;

const mutants: ReadonlyArray<{ name: string; change: Partial<Handling>; breaks: string }> = [
  { name: "failed calls are counted", change: { numbers: () => new Counted() }, breaks: repeatLaws.notMore },
  {
    name: "a failed call keeps its number as an ok one does",
    change: { numbers: changed(same, () => true) },
    breaks: repeatLaws.notMore,
  },
  {
    name: "an ok call gives its number back",
    change: { numbers: changed(same, () => false) },
    breaks: repeatLaws.notLess,
  },
  {
    name: "there are no numbers",
    change: { numbers: () => ({ take: () => 0, end: () => {} }) },
    breaks: repeatLaws.notLess,
  },
  {
    name: "numbers go over all contents",
    change: { numbers: changed(() => "", Boolean), says: mixed },
    breaks: repeatLaws.notMore,
  },
  {
    name: "numbers go on when the update comes again",
    change: { numbers: real, keepsNumbers: true },
    breaks: repeatLaws.notMore,
  },
];

describe("the search catches that", () => {
  for (const { name, change, breaks } of mutants) {
    it(name, () => {
      const { violation, states } = search(handling({ ...usual, numbers: real, ...change }));
      console.log([`${name}: ${states} states`, ...(violation?.trace ?? [])].join("\n    "));
      expect(violation?.law).toBe(breaks);
    });
  }
});
