import { TaasError } from "../../provider/errors";
import { printable } from "../../provider/printable";
import type { ConsoleError } from "../api/error";

/** Why a request is refused: an HTTP status, and what the page shows. `cause`: what only the server's log tells. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly body: ConsoleError,
    cause?: unknown,
  ) {
    super(body.message, cause === undefined ? undefined : { cause });
  }
}

/** Something in a request is invalid: 400. `field`: the field of *New tap*. */
export function invalid(message: string, field?: string, hint?: string): Refusal {
  const body = { code: "invalid", message: printable(message) };
  return new Refusal(400, {
    ...body,
    ...(field === undefined ? {} : { field }),
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Something does not exist, or the viewer may not see it: the answer is the same for both. */
export function notFound(what: string): Refusal {
  return new Refusal(404, { code: "not-found", message: `there is no such ${what}` });
}

/** The program's file is not one that the console can edit. */
export function unreadable(message: string): Refusal {
  return new Refusal(409, {
    code: "program-unreadable",
    message,
    hint: "Correct the file; the console reads it again automatically",
  });
}

/** The viewer may not do it. */
export function forbidden(message: string, hint?: string): Refusal {
  return new Refusal(403, { code: "forbidden", message, ...(hint === undefined ? {} : { hint }) });
}

/** Any error in the form that the page shows. An error from outside this project has only its message. */
export function consoleError(error: unknown): ConsoleError {
  if (error instanceof Refusal) return error.body;
  if (error instanceof TaasError) {
    const { code, shortMessage, hint, host } = error;
    return {
      ...{ code, message: shortMessage },
      ...(hint === undefined ? {} : { hint }),
      ...(host === undefined ? {} : { host }),
    };
  }
  return { code: "failed", message: printable(error instanceof Error ? error.message : String(error)) };
}
