#!/usr/bin/env node
import { isSendonceError } from "@sendonce/core";
import { CommanderError } from "commander";
import { exitCodes, Stop } from "./exit.js";
import { program } from "./program.js";
import { redacted } from "./redacted.js";

// Whoever reads may go: `sendonce tail | head` is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(exitCodes.fine);
  throw error;
});

try {
  await program((code) => {
    process.exitCode = code;
  }).parseAsync();
} catch (error) {
  process.exitCode = told(error);
}

/** Says what went wrong, and with what the process ends. */
function told(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.fine : exitCodes.usage;
  const { message } = error as Error;
  const remedy = error instanceof Stop ? error.remedy : remedyOf(error);
  process.stderr.write(redacted(`sendonce: ${message}\n${remedy ? `→ ${remedy}\n` : ""}`));
  if (error instanceof Stop) return error.code;
  return isSendonceError(error) && error.code === "configuration" ? exitCodes.usage : exitCodes.problem;
}

/** The message of a permission says which command it was; every other failure is the doctor's. */
function remedyOf(error: unknown): string {
  const denied = /NOPERM.*'([\w|]+)' command/.exec(String((error as Error)?.message));
  if (denied) return `ACL SETUSER <user> +${denied[1]}; sendonce doctor lists all that is missing`;
  return "sendonce doctor looks for the cause";
}
