/** The Redis store, from the one package that a grammY bot installs. */
export * from "@sendonce/core/redis";
