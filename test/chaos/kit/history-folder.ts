import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A folder for the histories of one run, removed when the test ends. */
export function historyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "sendonce-history-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
