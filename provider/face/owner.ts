/** The type tokens of both interfaces of the provider: Pulumi's dynamic provider and the plugin. */
const OWN_TYPE = /^(pulumi-nodejs:dynamic\/taas|taas:index):/;

/** The name that every backend other than Pulumi Cloud uses for the organisation, of which it has none. */
export const NO_ORGANIZATION = "organization";

/**
 * The owner key of a resource from its URN, `urn:pulumi:stack::project::parent$types$type::name`: organisation,
 * project, stack, types and name, in the order in which people look for them, each part percent-encoded. It is the same
 * for the dynamic provider and the plugin.
 */
export function ownerFromUrn(urn: string, organization: string): string {
  const [stack, project, types, ...name] = urn.slice("urn:pulumi:".length).split("::") as [
    string,
    string,
    string,
  ];
  const kinds = types.split("$").map((kind) => kind.replace(OWN_TYPE, ""));
  const encoded = [organization, project, stack].map(encodeURIComponent);
  return [...encoded, kinds.map(encodeURIComponent).join("$"), encodeURIComponent(name.join("::"))].join("/");
}
