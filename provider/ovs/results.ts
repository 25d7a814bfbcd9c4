import { TaasError } from "../errors";
import type { Operation, ResultsOf } from "./operations";
import { decodeUuid } from "./values";

type Failure = { error: string; details: string };

/**
 * Converts the reply to a transaction into results, one per operation. Throws a `TaasError`: `guard-failed` if a `wait`
 * did not hold, `ovsdb-error` naming the operation that failed or the commit, `ovsdb-reply` if the reply does not fit
 * these operations.
 */
export function parseResults<const Operations extends readonly Operation[]>(
  operations: Operations,
  reply: unknown,
  host: string | undefined,
): ResultsOf<Operations> {
  if (!Array.isArray(reply)) throw odd(reply, "a list of results", host);
  for (const [index, result] of reply.entries()) {
    const failure = asFailure(result);
    if (failure !== undefined) throw failed(operations, index, failure, host);
  }
  if (reply.length !== operations.length) throw odd(reply, `${operations.length} results`, host);
  return reply.map((result, index) => parseResult(operations[index]!, result, host)) as ResultsOf<Operations>;
}

function parseResult(operation: Operation, result: unknown, host: string | undefined): unknown {
  if (!isObject(result)) throw odd(result, `the result of ${describe(operation)}`, host);
  switch (operation.op) {
    case "insert":
      return { uuid: decodeUuid({ value: result.uuid, column: `${operation.table}._uuid`, host }) };
    case "select":
      if (!Array.isArray(result.rows) || !result.rows.every(isObject)) throw odd(result, "rows", host);
      return { rows: result.rows };
    case "update":
    case "mutate":
    case "delete":
      if (!Number.isSafeInteger(result.count)) throw odd(result, "a count of rows", host);
      return { count: result.count };
    default:
      return {};
  }
}

function asFailure(result: unknown): Failure | undefined {
  if (!isObject(result) || result.error === undefined || result.error === null) return undefined;
  const details = [result.details, result.syntax].filter((text) => typeof text === "string");
  return { error: asText(result.error), details: details.join(", in ") };
}

function failed(
  operations: readonly Operation[],
  index: number,
  failure: Failure,
  host: string | undefined,
): TaasError {
  const operation = operations[index];
  const text = (failure.details === "" ? failure.error : `${failure.error}: ${failure.details}`).slice(
    0,
    1000,
  );
  if (operation?.op === "wait" && failure.error === "timed out") {
    return new TaasError(`the ${operation.table} table changed since it was read`, {
      code: "guard-failed",
      host,
      hint: "Another writer is changing this host; the operation can be repeated",
    });
  }
  const where = operation === undefined ? "the commit" : `operation ${index} (${describe(operation)})`;
  return new TaasError(`the OVSDB transaction failed at ${where}: ${text}`, { code: "ovsdb-error", host });
}

function describe(operation: Operation): string {
  return "table" in operation ? `${operation.op} ${operation.table}` : operation.op;
}

function odd(found: unknown, expected: string, host: string | undefined): TaasError {
  const text = asText(found);
  const shown = text.length > 200 ? `${text.slice(0, 200)}...` : text;
  return new TaasError(`the OVSDB server sent ${shown} instead of ${expected}`, {
    code: "ovsdb-reply",
    host,
  });
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "nothing");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
