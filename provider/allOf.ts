import { TaasError } from "./errors";

/**
 * Like `Promise.all`, for work on several hosts: it waits until all of the work has ended, so that nothing continues
 * unseen. It rejects with one error that has every reason, so that the failure of one host does not hide that of
 * another. The error has the code of the first failure.
 */
export async function allOf<T>(work: Iterable<Promise<T>>): Promise<T[]> {
  const results = await Promise.allSettled(work);
  const reasons = results.flatMap((result) => (result.status === "rejected" ? [result.reason as Error] : []));
  if (reasons.length > 0) throw joined(reasons);
  return results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
}

function joined(reasons: readonly Error[]): Error {
  const [first] = reasons;
  const message = [...new Set(reasons.map((reason) => reason.message))].join("; ");
  if (reasons.length === 1) return first!;
  const cause = new AggregateError(reasons, message);
  const refusal = reasons.find((reason) => reason instanceof TaasError);
  return refusal === undefined ? cause : new TaasError(message, { code: refusal.code, cause });
}
