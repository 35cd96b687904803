import type { Payload } from "@sendonce/core";
import { fileOf } from "./translate.js";

/** payload → album → item → file: grammY looks for files no deeper. */
const deepest = 3;

interface Stream {
  destroy(): void;
}

/**
 * Closes what a call was given that sent nothing because it had been sent before: as an upload would have, or an open
 * file would stay open for each. After a refusal they stay open: the call may be made again.
 */
export function closeStreams(payload: Payload): void {
  for (const value of Object.values(payload)) closeIn(value, 1);
}

function closeIn(value: unknown, depth: number): void {
  if (typeof value !== "object" || value === null || depth > deepest) return;
  const file = fileOf(value);
  if (file === undefined) {
    if (!ArrayBuffer.isView(value)) for (const item of Object.values(value)) closeIn(item, depth + 1);
    return;
  }
  const { fileData, consumed } = value as {
    readonly fileData?: Partial<Stream>;
    readonly consumed?: boolean;
  };
  if (file.kind === "stream" && consumed === false) fileData?.destroy?.();
}
