export * from "@sendonce/core";
export { createAdapterGuard as createGuard } from "@sendonce/core";
