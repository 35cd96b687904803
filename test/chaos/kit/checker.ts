import type { Evidence, ReceivedOperation } from "./evidence.js";
import { grouped } from "./grouped.js";
import type { Ending, HistoryLine } from "./history.js";
import { keysHeld } from "./keys-held.js";
import { limitsHeld } from "./limits-held.js";

/** What the checker found. */
export interface Verdict {
  /** Broken promises, each in words with the lines that show it. None: all was kept. */
  readonly violations: readonly string[];
  readonly counts: Counts;
}

/** How the operations of a run ended. */
export interface Counts {
  readonly operations: number;
  readonly tries: number;
  readonly received: number;
  /** Some process was told `ok` or `replayed`. */
  readonly acknowledged: number;
  readonly missing: number;
  /** Missing, and some process was told that nobody knows. */
  readonly missingTold: number;
  /** Missing, and only processes that were killed could have known. */
  readonly missingKilled: number;
  /** Missing, and everybody was told that it was not sent. */
  readonly missingRefused: number;
}

/** All tries of one operation and all that people received of it. */
interface Tried {
  readonly operation: string;
  readonly lines: readonly HistoryLine[];
  readonly tries: readonly Try[];
  readonly received: readonly ReceivedOperation[];
}

interface Try {
  readonly process: string;
  /** Undefined: the process was never told. */
  readonly ending: Ending | undefined;
}

/**
 * Holds a run against what was promised: at most once, nothing acknowledged is lost, whatever is missing was told, no
 * key is stuck, limits held.
 */
export function judge(evidence: Evidence): Verdict {
  const operations = operationsOf(evidence);
  const broken = operations.flatMap((tried) =>
    laws.flatMap((law) => law(tried, evidence)).map((words) => [words, ...shown(tried)].join("\n")),
  );
  return {
    violations: [...broken, ...keysHeld(evidence), ...limitsHeld(evidence)],
    counts: countsOf(operations),
  };
}

type Law = (tried: Tried, evidence: Evidence) => string[];

const acknowledging: ReadonlySet<Ending | undefined> = new Set(["ok", "replayed"]);
const notSent: ReadonlySet<Ending | undefined> = new Set(["fail", "refused"]);

const isAcknowledged = ({ tries }: Tried): boolean => tries.some(({ ending }) => acknowledging.has(ending));

const atMostOnce: Law = ({ operation, received, tries }, { promise = "everywhere" }) => {
  const most = promise === "everywhere" ? 1 : new Set(tries.map(({ process }) => process)).size;
  if (received.length <= Math.max(1, most)) return [];
  return [`doubled: "${operation}" was received ${received.length} times, ${promise}`];
};

/** Who hears `ok` has sent one of those that were received; all others must hear `replayed`. */
const sentByOne: Law = ({ operation, received, tries }) => {
  const sent = tries.filter(({ ending }) => ending === "ok").length;
  if (sent <= Math.max(1, received.length)) return [];
  return [`claimed: ${sent} tries of "${operation}" say that they sent it, received: ${received.length}`];
};

const nothingLost: Law = (tried) => {
  if (!isAcknowledged(tried) || tried.received.length > 0) return [];
  return [`lost: "${tried.operation}" was acknowledged, but nobody received it`];
};

const noFalseRefusal: Law = ({ operation, received, tries }) => {
  if (received.length === 0 || tries.length === 0 || !tries.every(({ ending }) => notSent.has(ending)))
    return [];
  return [`denied: "${operation}" was received, but everybody was told that it was not sent`];
};

const everyTryEnds: Law = ({ operation, tries }, { killed = new Set() }) =>
  tries
    .filter(({ process, ending }) => ending === undefined && !killed.has(process))
    .map(({ process }) => `unanswered: ${process} lives and was never told about "${operation}"`);

/** One life cannot double, whatever becomes of the store. */
const onceInOneProcess: Law = ({ operation, tries }) => {
  const sent = tries.filter(({ ending }) => ending === "ok").map(({ process }) => process);
  const twice = [...new Set(sent.filter((process, i) => sent.indexOf(process) !== i))];
  return twice.map((process) => `doubled in one process: ${process} sent "${operation}" more than once`);
};

const tried: Law = ({ operation, tries }) =>
  tries.length > 0 ? [] : [`out of nowhere: "${operation}" was received, but nobody tried it`];

const laws: readonly Law[] = [
  atMostOnce,
  sentByOne,
  onceInOneProcess,
  nothingLost,
  noFalseRefusal,
  everyTryEnds,
  tried,
];

function operationsOf({ histories, received }: Evidence): Tried[] {
  const lines = grouped(histories, ({ operation }) => operation);
  const messages = grouped(received, ({ operation }) => operation);
  return [...new Set([...lines.keys(), ...messages.keys()])].map((operation) => ({
    operation,
    lines: lines.get(operation) ?? [],
    tries: triesOf(lines.get(operation) ?? []),
    received: messages.get(operation) ?? [],
  }));
}

/** Tries of one operation in one process may overlap; which ending is whose does not matter here. */
function triesOf(lines: readonly HistoryLine[]): Try[] {
  return [...grouped(lines, ({ process }) => process)].flatMap(([process, own]) => {
    const endings = own.flatMap(({ event }) => (event === "invoke" ? [] : [event]));
    const invoked = own.length - endings.length;
    return Array.from({ length: Math.max(invoked, endings.length) }, (_, i) => ({
      process,
      ending: endings[i],
    }));
  });
}

function countsOf(operations: readonly Tried[]): Counts {
  const missing = operations.filter(({ received }) => received.length === 0);
  const told = missing.filter(({ tries }) => tries.some(({ ending }) => ending === "unknown"));
  const refused = missing.filter(({ tries }) => tries.every(({ ending }) => notSent.has(ending)));
  return {
    operations: operations.length,
    tries: operations.reduce((sum, { tries }) => sum + tries.length, 0),
    received: operations.reduce((sum, { received }) => sum + received.length, 0),
    acknowledged: operations.filter(isAcknowledged).length,
    missing: missing.length,
    missingTold: told.length,
    missingRefused: refused.length,
    missingKilled: missing.length - told.length - refused.length,
  };
}

/** The operation's own lines in the order of time, with what people received. */
function shown({ lines, received }: Tried): string[] {
  const said = lines.map(({ at, process, event, note }) => ({
    at,
    words: `${process} ${event}${note === undefined ? "" : ` (${note})`}`,
  }));
  const got = received.map(({ at, chat }) => ({ at, words: `chat ${chat} received it` }));
  return [...said, ...got]
    .sort((one, other) => one.at - other.at)
    .map(({ at, words }) => `    ${at.toFixed(1)} ${words}`);
}
