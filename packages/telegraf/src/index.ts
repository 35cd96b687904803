export * from "@sendonce/core";
export { createAdapterGuard as createGuard } from "@sendonce/core";
export { broadcast } from "./broadcast.js";
export { install } from "./install.js";
export { type Reliability, reliability, type UpdatesOptions } from "./reliability.js";
