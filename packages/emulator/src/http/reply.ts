import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { Answer } from "../serving/answer.js";
import type { Line } from "./line.js";

/** The HTTP response of an answer; where there is none, the line is cut. */
export function reply(answer: Answer, line: Line): Response {
  if (answer.kind === "none") {
    line.cut(answer.how);
    return RESPONSE_ALREADY_SENT;
  }
  if (answer.kind === "html") return page(answer.status);
  const headers = new Headers({ "content-type": "application/json" });
  if (answer.retryAfter !== undefined) headers.set("retry-after", String(answer.retryAfter));
  return new Response(JSON.stringify(answer.body), { status: answer.status, headers });
}

function page(status: number): Response {
  const title = `${status} ${status === 502 ? "Bad Gateway" : "Server Error"}`;
  const html = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`;
  return new Response(html, { status, headers: { "content-type": "text/html" } });
}
