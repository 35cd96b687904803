import { execFile } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Older servers lack what the scripts of the store use. */
const oldest = { major: 6, minor: 2 };

/** Valkey is Redis by another name: same options, same answers. */
const servers = ["redis-server", "valkey-server"];

/** There is no Redis to test against, and none could be installed. The message holds the remedy. */
export class RedisMissing extends Error {
  override readonly name = "RedisMissing";

  constructor(reason: string, cause?: unknown) {
    super(
      `These tests need redis-server ${oldest.major}.${oldest.minor} or later (${reason}): install it with ` +
        '"apt-get install redis-server" on Debian and Ubuntu, with "brew install redis" on macOS ' +
        "(Valkey is fine too), or set REDIS_SERVER to the path of one.",
      { cause },
    );
  }
}

/** What decides where a server is looked for and whether one may be installed. */
export interface Machine {
  readonly PATH?: string | undefined;
  /** The server to use, whatever PATH holds. */
  readonly REDIS_SERVER?: string | undefined;
  /** 0 is root, who may install packages. @default the user of this process */
  readonly uid?: number | undefined;
}

const thisMachine = (): Machine => ({
  PATH: process.env.PATH,
  REDIS_SERVER: process.env.REDIS_SERVER,
  uid: process.getuid?.(),
});

let provided: Promise<string> | undefined;

/**
 * The path of a redis-server that is new enough. Where there is none, Debian's package is installed if we
 * are root there; a second test process waits for the first one's installation.
 *
 * @throws RedisMissing
 */
export function provideRedis(machine?: Machine): Promise<string> {
  if (machine !== undefined) return provideOn(machine);
  provided ??= provideOn(thisMachine());
  return provided;
}

async function provideOn(machine: Machine): Promise<string> {
  const present = machine.REDIS_SERVER ?? findServer(machine.PATH);
  if (present !== undefined) return newEnough(present);
  if (!mayInstall(machine)) throw new RedisMissing("none is in PATH");
  await install(machine);
  const installed = findServer(machine.PATH);
  if (installed === undefined) throw new RedisMissing("apt-get installed none into PATH");
  return newEnough(installed);
}

const findServer = (path: string | undefined): string | undefined =>
  servers.map((name) => findProgram(name, path)).find((found) => found !== undefined);

function findProgram(name: string, path = ""): string | undefined {
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

async function newEnough(server: string): Promise<string> {
  const { stdout } = await run(server, ["--version"]).catch((error: unknown) => {
    throw new RedisMissing(`${server} does not run`, error);
  });
  const [, major = Number.NaN, minor = Number.NaN] = (/v=(\d+)\.(\d+)/.exec(stdout) ?? []).map(Number);
  if (major > oldest.major || (major === oldest.major && minor >= oldest.minor)) return server;
  throw new RedisMissing(`${server} says ${stdout.trim()}`);
}

const mayInstall = ({ PATH, uid }: Machine): boolean =>
  uid === 0 && ["apt-get", "flock", "sh"].every((name) => findProgram(name, PATH) !== undefined);

/**
 * The lock is the kernel's, so that no dead process can hold it. The policy file keeps the package from
 * starting a Redis of its own on port 6379; a machine that already has such a file keeps its own.
 */
const installation = `
exec 9>"\${TMPDIR:-/tmp}/sendonce-install-redis.lock"
flock 9
command -v redis-server >/dev/null && exit 0
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ] && [ -w "\${policy%/*}" ]; then
  trap 'rm -f $policy' EXIT
  trap 'exit 1' INT TERM HUP
  printf '#!/bin/sh\\nexit 101\\n' >$policy
  chmod 755 $policy
fi
apt-get update -qq &&
  apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=120 redis-server
`;

async function install({ PATH }: Machine): Promise<void> {
  const env = { ...process.env, PATH, DEBIAN_FRONTEND: "noninteractive" };
  const sh = findProgram("sh", PATH)!;
  await run(sh, ["-c", installation], { env }).catch((error: Error & { stderr?: string }) => {
    const lastWords = error.stderr?.trim().split("\n").at(-1);
    throw new RedisMissing(`apt-get could not install it: ${lastWords || error.message}`, error);
  });
}
