export * from "@sendonce/core";
export { createGuard } from "./create-guard.js";
export { install } from "./install.js";
export {
  type Reliability,
  type ReliabilityOptions,
  reliability,
  type UpdatesOptions,
} from "./reliability.js";
