/** An argument of the program on one line; empty if it is not given. */
export function written(value: unknown): string {
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
