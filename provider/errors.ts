import type { ErrorCode } from "./errorCodes";
import { printable } from "./printable";

/** What an operator needs to act on a failure: what was wanted, on which host, what happened, what to do. */
export interface TaasErrorDetails {
  /** The machine-readable reason. */
  code: ErrorCode;
  /** The host it happened on, as the program names it. */
  host?: string;
  /** What the operator can do about it. */
  hint?: string;
  /** The error underneath. */
  cause?: unknown;
}

/**
 * The one error class of the provider. `message` is one line for the operator: host, what happened, hint. Parts of it
 * may come from a host, so all of it passes through `printable`.
 */
export class TaasError extends Error {
  readonly code: ErrorCode;
  readonly host: string | undefined;
  readonly hint: string | undefined;
  /** The message without host and hint. */
  readonly shortMessage: string;

  constructor(message: string, details: TaasErrorDetails) {
    const where = details.host === undefined ? "" : `host ${details.host}: `;
    const hint = details.hint === undefined ? "" : `. ${details.hint}`;
    super(
      printable(`${where}${message}${hint}`),
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.name = "TaasError";
    this.shortMessage = printable(message);
    this.code = details.code;
    this.host = details.host;
    this.hint = details.hint === undefined ? undefined : printable(details.hint);
  }
}

/** The same error with other details. */
export function withDetails(
  { shortMessage, code, host, hint, cause }: TaasError,
  other: Omit<Partial<TaasErrorDetails>, "code">,
): TaasError {
  return new TaasError(shortMessage, {
    code,
    cause,
    ...(host === undefined ? {} : { host }),
    ...(hint === undefined ? {} : { hint }),
    ...other,
  });
}
