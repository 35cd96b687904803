import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type Machine as AnyMachine, findProgram, installPackage, mayInstall } from "../debian.js";

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
export interface Machine extends AnyMachine {
  /** The server to use, whatever PATH holds. */
  readonly REDIS_SERVER?: string | undefined;
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
  await installPackage("redis-server", "redis-server", machine).catch((error: Error) => {
    throw new RedisMissing(error.message, error);
  });
  const installed = findServer(machine.PATH);
  if (installed === undefined) throw new RedisMissing("apt-get installed none into PATH");
  return newEnough(installed);
}

const findServer = (path: string | undefined): string | undefined =>
  servers.map((name) => findProgram(name, path)).find((found) => found !== undefined);

async function newEnough(server: string): Promise<string> {
  const { stdout } = await run(server, ["--version"]).catch((error: unknown) => {
    throw new RedisMissing(`${server} does not run`, error);
  });
  const [, major = Number.NaN, minor = Number.NaN] = (/v=(\d+)\.(\d+)/.exec(stdout) ?? []).map(Number);
  if (major > oldest.major || (major === oldest.major && minor >= oldest.minor)) return server;
  throw new RedisMissing(`${server} says ${stdout.trim()}`);
}
