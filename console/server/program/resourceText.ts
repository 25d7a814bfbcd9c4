import { stringify } from "yaml";

/** A resource to be added, with the content for its key. */
export interface NewResource {
  key: string;
  type: string;
  properties: Record<string, unknown>;
}

/**
 * Resources as a program has them under `resources`, from the first column on. Texts are written as they are: whoever
 * has a text that is no expression makes it a literal before (`literals`).
 */
export function resourceText(resources: readonly NewResource[]): string {
  const values = resources.map(({ key, type, properties }) => [key, { type, properties }] as const);
  // Pulumi parses unquoted times, `1_000` and `yes` as YAML 1.1 does: text that looks like one is quoted.
  const options = { lineWidth: 0, compat: "yaml-1.1", aliasDuplicateObjects: false } as const;
  return stringify(Object.fromEntries(values), options).trimEnd();
}
