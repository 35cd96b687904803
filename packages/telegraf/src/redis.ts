/** The Redis store, from the one package that a Telegraf bot installs. */
export * from "@sendonce/core/redis";
