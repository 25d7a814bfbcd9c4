/** The message of the error that some work ends with; empty where it ends with none. */
export async function errorOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "",
    (error: Error) => error.message,
  );
}
