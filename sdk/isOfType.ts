/**
 * Whether a value is a resource of a type. It goes by the type token and not by the class, of which there may be
 * several copies.
 */
export function isOfType(value: unknown, type: string): boolean {
  if (typeof value !== "object" || value === null) return false;
  return (value.constructor as { __pulumiType?: string } | undefined)?.__pulumiType === type;
}
