import type { Model } from "./search.js";

/** How equal sends within one update are numbered: `Repeats` of core, or a mutant of it. */
export interface RepeatNumbers {
  take(content: string): number;
  end(content: string, number: number, ok: boolean): void;
}

/**
 * A handler that says certain things, some of them more than once, while sends fail, outcomes get lost, failed
 * calls are tried again, and the update is delivered anew.
 *
 *   todo ──take──▶ flying ──200, or replayed──▶ ok
 *     ▲              │ 400, unknown, 409 ambiguous
 *     │              ▼
 *     │            failed ──tried again──▶ flying
 *     └── the update comes again: fresh numbers, the same records
 */
export interface Handling {
  /** What the handler wants to say, in order. */
  readonly says: readonly string[];
  /** How many sends it has open at most: 1 awaits each, more is `Promise.all`. */
  readonly atOnce: number;
  /** Failed calls tried again, per delivery of the update. */
  readonly retries: number;
  /** How often Telegram delivers the update. */
  readonly deliveries: number;
  readonly numbers: () => RepeatNumbers;
  /** Numbers that outlive one delivery of the update, which only a mutant has. */
  readonly keepsNumbers?: boolean;
}

export const repeatLaws = {
  notMore: "nobody receives more than the handler says",
  notLess: "a handler whose sends were all ok has said everything",
} as const;

type Send = { readonly at: "todo" | "ok" | "failed" } | { readonly at: "flying"; readonly number: number };
type Operation = readonly ["take", string] | readonly ["end", string, number, boolean];

interface State {
  readonly sends: readonly Send[];
  /** What the numbers were asked so far: they are rebuilt from it. */
  readonly asked: readonly Operation[];
  /** By content and number. */
  readonly records: Readonly<Record<string, "done" | "ambiguous">>;
  readonly received: Readonly<Record<string, number>>;
  readonly retries: number;
  readonly deliveries: number;
}

type Emit = (label: string, next: State) => void;

export function handling(given: Handling): Model<State> {
  const fresh = given.says.map((): Send => ({ at: "todo" }));
  return {
    initial: {
      sends: fresh,
      asked: [],
      records: {},
      received: {},
      retries: given.retries,
      deliveries: given.deliveries - 1,
    },
    key: (state) => JSON.stringify({ ...state, asked: outlook(state) }),
    steps(state, emit) {
      state.sends.forEach((send, i) => {
        if (send.at === "todo") start(state, i, emit);
        if (send.at === "failed" && state.retries > 0)
          begin({ ...state, retries: state.retries - 1 }, i, emit);
        if (send.at === "flying") finish(state, i, send.number, emit);
      });
      if (state.deliveries > 0) comeAgain(state, emit);
    },
    judge({ received, sends }) {
      const said = (content: string) => given.says.filter((other) => other === content).length;
      const contents = [...new Set(given.says)];
      if (contents.some((content) => (received[content] ?? 0) > said(content))) return repeatLaws.notMore;
      const isAllOk = sends.every(({ at }) => at === "ok");
      if (isAllOk && contents.some((content) => (received[content] ?? 0) < said(content)))
        return repeatLaws.notLess;
      return undefined;
    },
  };

  /** The handler says its next thing, unless too much is under way. */
  function start(state: State, i: number, emit: Emit): void {
    const isNext = state.sends.findIndex(({ at }) => at === "todo") === i;
    const flying = state.sends.filter(({ at }) => at === "flying").length;
    if (isNext && flying < given.atOnce) begin(state, i, emit);
  }

  function begin(state: State, i: number, emit: Emit): void {
    const content = given.says[i]!;
    const number = rebuilt(state).take(content);
    const asked: State["asked"] = [...state.asked, ["take", content]];
    const sends = state.sends.with(i, { at: "flying", number });
    emit(`send ${i} “${content}” takes number ${number}`, { ...state, sends, asked });
  }

  /** What the record says goes; without one, Telegram may answer anything. */
  function finish(state: State, i: number, number: number, emit: Emit): void {
    const content = given.says[i]!;
    const id = `${content} ${number}`;
    const name = `send ${i} “${content}”`;
    const end = (ok: boolean, more?: Partial<State>): State => ({
      ...state,
      sends: state.sends.with(i, { at: ok ? "ok" : "failed" }),
      asked: [...state.asked, ["end", content, number, ok]],
      ...more,
    });
    const record = state.records[id];
    if (record !== undefined) {
      const isDone = record === "done";
      emit(`${name} is ${isDone ? "replayed" : "refused: ambiguous"}`, end(isDone));
      return;
    }
    const received = { ...state.received, [content]: (state.received[content] ?? 0) + 1 };
    emit(`${name} is ok`, end(true, { received, records: { ...state.records, [id]: "done" } }));
    emit(`${name} is rejected`, end(false));
    const records = { ...state.records, [id]: "ambiguous" as const };
    emit(`${name} hears nothing, it was delivered`, end(false, { received, records }));
    emit(`${name} hears nothing, it was not delivered`, end(false, { records }));
  }

  /** The handler has failed or its process died; what was flying is unknown. */
  function comeAgain(state: State, emit: Emit): void {
    const records = { ...state.records };
    state.sends.forEach((send, i) => {
      const id = `${given.says[i]!} ${send.at === "flying" ? send.number : ""}`;
      if (send.at === "flying" && !records[id]) records[id] = "ambiguous";
    });
    const asked = given.keepsNumbers ? state.asked : [];
    const next = { ...state, sends: fresh, asked, records, retries: given.retries };
    emit("the update comes again", { ...next, deliveries: state.deliveries - 1 });
  }

  function rebuilt({ asked }: State): RepeatNumbers {
    const numbers = given.numbers();
    for (const [what, content, number, ok] of asked) {
      if (what === "take") numbers.take(content);
      else numbers.end(content, number, ok);
    }
    return numbers;
  }

  /** All that can be learned about the numbers: which come next. */
  function outlook(state: State): number[] {
    const numbers = rebuilt(state);
    const contents = [...new Set(given.says)];
    return contents.flatMap((content) =>
      Array.from({ length: given.says.length + 1 }, () => numbers.take(content)),
    );
  }
}
