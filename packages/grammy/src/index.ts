export * from "@sendonce/core";
export { createAdapterGuard as createGuard } from "@sendonce/core";
export { broadcast } from "./broadcast.js";
export { conversationDelivery } from "./conversation-delivery.js";
export { install } from "./install.js";
export {
  type Reliability,
  type ReliabilityOptions,
  reliability,
  type UpdatesOptions,
} from "./reliability.js";
