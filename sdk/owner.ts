import { createUrn, getOrganization, type Resource } from "@pulumi/pulumi";

/**
 * The owner key of a resource: organisation, project, stack, parent types and name, from its URN. A plain promise: as an
 * Output it would depend on the parent, and a component's child would wait for itself.
 */
export function ownerKey(type: string, name: string, parent: Resource | undefined): Promise<string> {
  const urn = createUrn(name, type, parent) as unknown as { promise(): Promise<string> };
  return urn.promise().then((text) => ownerFromUrn(text, getOrganization()));
}

/** `urn:pulumi:stack::project::parent$types$type::name` in the order people look for it, each part percent-encoded. */
export function ownerFromUrn(urn: string, organization: string): string {
  const [stack, project, types, ...name] = urn.slice("urn:pulumi:".length).split("::") as [
    string,
    string,
    string,
  ];
  const kinds = types.split("$").map((kind) => kind.replace(/^pulumi-nodejs:dynamic\/taas:/, ""));
  const encoded = [organization, project, stack].map(encodeURIComponent);
  return [...encoded, kinds.map(encodeURIComponent).join("$"), encodeURIComponent(name.join("::"))].join("/");
}
