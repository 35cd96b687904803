/** What is read of a mutation report (the schema is Stryker's own, version 2). */
export interface MutationReport {
  readonly files: Readonly<Record<string, { readonly mutants: readonly { readonly status: string }[] }>>;
}

/** How the mutants of an area ended. */
export interface Tally {
  readonly killed: number;
  readonly timeout: number;
  readonly survived: number;
  readonly uncovered: number;
}

/** Counts a report. Mutants that are ignored, or that do not compile, say nothing about tests. */
export function tallyOf({ files }: MutationReport): Tally {
  const statuses = Object.values(files).flatMap(({ mutants }) => mutants.map(({ status }) => status));
  const count = (wanted: string) => statuses.filter((status) => status === wanted).length;
  return {
    killed: count("Killed"),
    timeout: count("Timeout"),
    survived: count("Survived"),
    uncovered: count("NoCoverage"),
  };
}

/** Of a hundred mutants, how many a test has noticed. */
function scoreOf({ killed, timeout, survived, uncovered }: Tally): number {
  return (100 * (killed + timeout)) / (killed + timeout + survived + uncovered);
}

/** One line of the table in docs/mutation.md. */
export function row(area: string, tally: Tally): string {
  const { killed, timeout, survived, uncovered } = tally;
  return `| ${area} | ${killed} | ${timeout} | ${survived} | ${uncovered} | ${scoreOf(tally).toFixed(1)} % |`;
}
