import { filesIn, type Payload } from "@sendonce/core";
import { fileOf } from "./translate.js";

/** The runtime fields of grammY's InputFile around a stream. */
interface StreamFile {
  readonly fileData?: { destroy?(): void };
  readonly consumed?: boolean;
}

/**
 * Closes what a call was given that sent nothing because it had been sent before: as an upload would have, or an open
 * file would stay open for each. After a refusal they stay open: the call may be made again.
 */
export function closeStreams(payload: Payload): void {
  for (const file of filesIn(payload, fileOf)) {
    const { fileData, consumed } = file as StreamFile;
    if (fileOf(file)?.kind === "stream" && consumed === false) fileData?.destroy?.();
  }
}
