import type { RequestListener } from "node:http";
import type { Guard } from "@sendonce/core";
import { observe } from "@sendonce/prometheus";
import { Registry } from "prom-client";

/** A process's /metrics: what its guard does, for Prometheus. */
export function metricsOf(guard: Guard): RequestListener {
  const registry = new Registry();
  observe(guard, { registry });
  return function metrics(_request, response) {
    registry.metrics().then(
      (body) => response.setHeader("content-type", registry.contentType).end(body),
      () => response.writeHead(500).end(),
    );
  };
}
