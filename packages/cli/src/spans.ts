/** A length of time for people: `0.4 s`, `12 s`, `3 min`, `2 h`, `5 days`. */
export function span(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

/** Bytes for people. */
export function bytes(count: number): string {
  if (count < 1_024) return `${Math.round(count)} B`;
  if (count < 1_048_576) return `${(count / 1_024).toFixed(1)} KB`;
  return count < 1_073_741_824
    ? `${(count / 1_048_576).toFixed(1)} MB`
    : `${(count / 1_073_741_824).toFixed(1)} GB`;
}

/** A time of day, in UTC: `09:12:33`. */
export const clockTime = (ms: number): string => new Date(ms).toISOString().slice(11, 19);

/** A moment, in UTC: `2026-01-31 09:12:33Z`. */
export const moment = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replace("T", " ")}Z`;
