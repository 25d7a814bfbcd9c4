import { TaasError } from "../provider/errors";

/** The `TaasError` a promise rejects with; anything else is thrown on. */
export async function rejection(promise: Promise<unknown>): Promise<TaasError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof TaasError) return error;
    throw error;
  }
  throw new Error("resolved, though it was to be rejected");
}
