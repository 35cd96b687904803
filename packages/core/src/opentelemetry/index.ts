/** OpenTelemetry. Install `@opentelemetry/api` beside it; without an SDK all of it does nothing. */
export { type ObserveOptions, observe } from "./observe.js";
