import { execFile } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** What decides where a program is looked for and whether one may be installed. */
export interface Machine {
  readonly PATH?: string | undefined;
  /** 0 is root, who may install packages. @default the user of this process */
  readonly uid?: number | undefined;
}

/** The first of the folders of `path` that holds the program, as a path. */
export function findProgram(name: string, path = ""): string | undefined {
  const folders = path.split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(path: string): boolean {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Are we root on a Debian? */
export const mayInstall = ({ PATH, uid }: Machine): boolean =>
  uid === 0 && ["apt-get", "flock", "sh"].every((name) => findProgram(name, PATH) !== undefined);

/**
 * The lock is the kernel's, so that no dead process can hold it. The policy file keeps the package from
 * starting a service of its own; a machine that already has such a file keeps its own.
 */
const installation = `
exec 9>"\${TMPDIR:-/tmp}/sendonce-install.lock"
flock 9
command -v "$2" >/dev/null && exit 0
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ] && [ -w "\${policy%/*}" ]; then
  trap 'rm -f $policy' EXIT
  trap 'exit 1' INT TERM HUP
  printf '#!/bin/sh\\nexit 101\\n' >$policy
  chmod 755 $policy
fi
apt-get update -qq &&
  apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=120 "$1"
`;

/**
 * Installs Debian's package `name` unless `program` is in PATH; a second process waits for the first one's
 * installation. No service of the package is started.
 *
 * @throws Error with apt-get's last words
 */
export async function installPackage(name: string, program: string, { PATH }: Machine): Promise<void> {
  const env = { ...process.env, PATH, DEBIAN_FRONTEND: "noninteractive" };
  const sh = findProgram("sh", PATH)!;
  const args = ["-c", installation, "sh", name, program];
  await run(sh, args, { env }).catch((error: Error & { stderr?: string }) => {
    const lastWords = error.stderr?.trim().split("\n").at(-1);
    throw new Error(`apt-get could not install it: ${lastWords || error.message}`, { cause: error });
  });
}
