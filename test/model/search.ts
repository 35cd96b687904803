/** Something to search: states reached by steps, told apart by a key, each judged by its laws. */
export interface Model<S> {
  readonly initial: S;
  /** Equal keys, equal futures: symmetric states share one. */
  key(state: S): string;
  /** Calls `emit` for each thing that may happen next; `broken` names a law that the step itself breaks. */
  steps(state: S, emit: (label: string, next: S, broken?: string) => void): void;
  /** The law that this state breaks, if any. */
  judge(state: S): string | undefined;
}

export interface Violation {
  readonly law: string;
  /** What happened, step by step: breadth first, so no shorter trace breaks any law. */
  readonly trace: readonly string[];
}

export interface Findings {
  readonly states: number;
  readonly ms: number;
  readonly violation: Violation | undefined;
}

/** Visits every reachable state, breadth first, and stops at the first broken law. */
export function search<S>(model: Model<S>, { maxStates = 2_000_000 } = {}): Findings {
  const started = performance.now();
  const seen = new Set([model.key(model.initial)]);
  const parents: number[] = [-1];
  const labels: string[] = [""];
  const states: Array<S | undefined> = [model.initial];
  let at = 0;
  let violation: Violation | undefined;

  const traceOf = (index: number, last?: string): string[] => {
    const trace = last === undefined ? [] : [last];
    for (let i = index; i > 0; i = parents[i]!) trace.unshift(labels[i]!);
    return trace;
  };

  const emit = (label: string, next: S, broken?: string): void => {
    if (violation) return;
    if (broken !== undefined) {
      violation = { law: broken, trace: traceOf(at, label) };
      return;
    }
    const key = model.key(next);
    if (seen.has(key)) return;
    seen.add(key);
    parents.push(at);
    labels.push(label);
    states.push(next);
    const law = model.judge(next);
    if (law !== undefined) violation = { law, trace: traceOf(at, label) };
  };

  for (; at < states.length && !violation; at++) {
    if (states.length > maxStates) throw new Error(`more than ${maxStates} states: tighten the bounds`);
    const state = states[at]!;
    states[at] = undefined;
    model.steps(state, emit);
  }
  return { states: parents.length, ms: Math.round(performance.now() - started), violation };
}
