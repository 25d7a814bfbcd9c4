import type { ConsoleError } from "../api/error";

/** An error that the server answered, or that it did not answer. */
export class RequestError extends Error {
  constructor(
    readonly status: number,
    readonly error: ConsoleError,
  ) {
    super(error.message);
  }
}

const NO_ANSWER: ConsoleError = {
  code: "no-answer",
  message: "the console does not answer",
  hint: "see whether `pulumi-taas console` is still running, and start it again if it is not",
};

async function send<Answer>(path: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(path, { ...init, credentials: "same-origin" }).catch(() => undefined);
  if (response === undefined) throw new RequestError(0, NO_ANSWER);
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok) return body as Answer;
  const said = body as { message?: unknown } | undefined;
  throw new RequestError(
    response.status,
    typeof said?.message === "string"
      ? (body as ConsoleError)
      : { code: "http", message: `the console answered with status ${response.status}` },
  );
}

/** Sends a GET request; rejects with a `RequestError`. */
export function get<Answer>(path: string): Promise<Answer> {
  return send(path, { method: "GET" });
}

/** Sends a POST request; rejects with a `RequestError`. */
export function post<Answer>(path: string, body: unknown): Promise<Answer> {
  return send(path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}
