/** Whether a value is a resource of a type, by its mark and not by its class, of which there may be several copies. */
export function isOfType(value: unknown, type: string): boolean {
  if (typeof value !== "object" || value === null) return false;
  return (value.constructor as { __pulumiType?: string } | undefined)?.__pulumiType === type;
}
