import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { findProgram, installPackage, type Machine, mayInstall } from "../debian.js";

const run = promisify(execFile);

/** There is no Prometheus to test with, and none could be installed. The message holds the remedy. */
class PrometheusMissing extends Error {
  override readonly name = "PrometheusMissing";

  constructor(reason: string, cause?: unknown) {
    super(
      `These tests need prometheus and promtool 2.30 or later (${reason}): install both with ` +
        '"apt-get install prometheus" on Debian and Ubuntu, with "brew install prometheus" on macOS.',
      { cause },
    );
  }
}

/** Where the two programs are. */
export interface PrometheusPrograms {
  readonly prometheus: string;
  readonly promtool: string;
}

let provided: Promise<PrometheusPrograms> | undefined;

/**
 * The paths of prometheus and promtool. Where there are none, Debian's package is installed if we are root
 * there; its service is not started.
 *
 * @throws PrometheusMissing
 */
export function providePrometheus(machine?: Machine): Promise<PrometheusPrograms> {
  if (machine !== undefined) return provideOn(machine);
  provided ??= provideOn({ PATH: process.env.PATH, uid: process.getuid?.() });
  return provided;
}

async function provideOn(machine: Machine): Promise<PrometheusPrograms> {
  const present = findPrograms(machine.PATH);
  if (present !== undefined) return present;
  if (!mayInstall(machine)) throw new PrometheusMissing("they are not in PATH");
  await installPackage("prometheus", "promtool", machine).catch((error: Error) => {
    throw new PrometheusMissing(error.message, error);
  });
  const installed = findPrograms(machine.PATH);
  if (installed === undefined) throw new PrometheusMissing("apt-get installed none into PATH");
  return installed;
}

function findPrograms(path: string | undefined): PrometheusPrograms | undefined {
  const [prometheus, promtool] = ["prometheus", "promtool"].map((name) => findProgram(name, path));
  return prometheus && promtool ? { prometheus, promtool } : undefined;
}

/** Runs promtool; answers all that it said. @throws Error with what it said, when it finds a fault */
export async function promtool(...args: string[]): Promise<string> {
  const { promtool: program } = await providePrometheus();
  const { stdout, stderr } = await run(program, args).catch(
    (error: Error & { stdout?: string; stderr?: string }) => {
      throw new Error(`promtool ${args.slice(0, 2).join(" ")}: ${error.stdout}${error.stderr}`, {
        cause: error,
      });
    },
  );
  return stdout + stderr;
}
