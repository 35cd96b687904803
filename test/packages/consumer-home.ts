import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { manifestOf, root } from "../house/repository.js";
import { buildIfStale, environment, packAll, run } from "./pack.js";

/** A folder far from the workspace, where nothing resolves by accident, with the packed tarballs installed. */
export class ConsumerHome {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), "sendonce-consumer-")));
  #emulator: ChildProcess | undefined;
  #url: string | undefined;

  /** Where its Telegram is. */
  get url(): string {
    if (this.#url === undefined) throw new Error("the emulator was not started");
    return this.#url;
  }

  /** Builds what is stale, packs, installs, and starts the program that the emulator's package installs. */
  async prepare(): Promise<void> {
    cpSync(join(root, "test", "packages", "consumer"), this.folder, { recursive: true });
    for (const name of ["typed", "telegraf-typed"])
      for (const extension of ["mts", "cts"])
        cpSync(join(this.folder, `${name}.ts`), join(this.folder, `${name}.${extension}`));
    await buildIfStale();
    await this.#install();
    await this.#start();
  }

  /** The texts that a chat has received. */
  async textsIn(chat: number): Promise<string[]> {
    const response = await fetch(`${this.url}/_emulator/ledger?chat=${chat}`);
    const { received } = (await response.json()) as { received: { text: string }[] };
    return received.map(({ text }) => text);
  }

  async close(): Promise<void> {
    if (this.#emulator?.exitCode === null && this.#emulator.kill()) await once(this.#emulator, "exit");
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #install(): Promise<void> {
    const tarballs = await packAll(this.folder);
    const dependencies = {
      ...Object.fromEntries([...tarballs].map(([name, path]) => [`@sendonce/${name}`, `file:${path}`])),
      grammy: versionHere("grammy"),
      telegraf: versionHere("telegraf"),
      "@types/node": manifestOf().devDependencies?.["@types/node"],
    };
    writeFileSync(
      join(this.folder, "package.json"),
      JSON.stringify({ name: "consumer", private: true, dependencies }),
    );
    await run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--no-package-lock"], {
      cwd: this.folder,
    });
  }

  async #start(): Promise<void> {
    const program = join(this.folder, "node_modules", ".bin", "sendonce-emulator");
    this.#emulator = spawn(program, ["--port", "0"], {
      cwd: this.folder,
      env: environment(),
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    for await (const chunk of this.#emulator.stdout!.iterator({ destroyOnReturn: false })) {
      said += chunk;
      this.#url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
      if (this.#url !== undefined && said.includes("ledger")) return;
    }
    throw new Error(`sendonce-emulator ended: ${said}`);
  }
}

const versionHere = (name: string): string =>
  (JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")) as { version: string })
    .version;
