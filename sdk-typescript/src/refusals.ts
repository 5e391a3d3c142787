/** What an answer with an error status means. */

import type { ErrorResponse, ValidationErrorResponse } from "./_generated/messages.js";
import { RequestRefused } from "./errors.js";

/** The error for an answer with this status, `Retry-After` header (null: none) and body. */
export function refusal(
  status: number,
  statusText: string,
  retryAfter: string | null,
  body: string,
): RequestRefused {
  return new RequestRefused(
    status,
    detailOf(body) || statusText,
    retryAfter && /^\d+$/.test(retryAfter) ? Number(retryAfter) : null,
  );
}

/** What an error body says, as one sentence; any body at all can come from a proxy in between. */
function detailOf(text: string): string {
  try {
    const { detail } = JSON.parse(text) as ErrorResponse | ValidationErrorResponse;
    if (typeof detail === "string") return detail;
    return detail.map(({ loc, msg }) => `${loc.join(".")}: ${msg}`).join("; ");
  } catch {
    return text.slice(0, 200);
  }
}
