import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished, TestRunner } from "vitest";

/**
 * Outlives this process by a moment. However we end (Ctrl-C, a crash, kill -9), its standard input closes;
 * it then kills the servers that still run, by their ids, and removes their folder.
 */
const script = `
pids=' '
while read -r verb pid; do
  case $verb in
    watch) pids="$pids$pid " ;;
    forget) pids="\${pids%% $pid *} \${pids#* $pid }" ;;
  esac
done
for pid in $pids; do kill -9 "$pid"; done
rm -rf "$1"
`;

class Warden {
  /** Holds the folders of all servers of this process. */
  readonly folder = mkdtempSync(join(tmpdir(), "sendonce-redis-"));
  readonly #stdin: Socket;

  constructor() {
    const warden = spawn("sh", ["-c", script, "sh", this.folder], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    });
    warden.unref();
    this.#stdin = warden.stdin as Socket;
    this.#stdin.on("error", () => {});
    this.#stdin.unref();
  }

  /** Sees to it that `child` does not outlive us. */
  watch(child: ChildProcess): void {
    this.#stdin.write(`watch ${child.pid}\n`);
    child.once("exit", () => this.#stdin.write(`forget ${child.pid}\n`));
  }
}

let only: Warden | undefined;

/** The one warden of this process. */
export const warden = (): Warden => {
  only ??= new Warden();
  return only;
};

/**
 * Calls `clean` when the running test ends. Outside a test the end of the process is all that comes. Tests
 * that run at the same time in one file cannot be told apart: there, stop things by hand.
 */
export function whenTestEnds(clean: () => unknown): void {
  if (TestRunner.getCurrentTest() === undefined) return;
  onTestFinished(async () => {
    await clean();
  });
}
