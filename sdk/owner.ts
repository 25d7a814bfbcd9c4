import { createUrn, getOrganization, type Resource } from "@pulumi/pulumi";
import { NO_ORGANIZATION, ownerFromUrn } from "../provider/face/owner";

/**
 * The owner key of a resource: organisation, project, stack, parent types and name, from its URN. It is a plain
 * promise, because an Output would depend on the parent, and the child of a component would wait for itself.
 */
export function ownerKey(type: string, name: string, parent: Resource | undefined): Promise<string> {
  const urn = createUrn(name, type, parent) as unknown as { promise(): Promise<string> };
  return urn.promise().then((text) => ownerFromUrn(text, organization()));
}

/** The stack's organisation. The mocks of a program's unit tests have none unless it names one; Pulumi throws then. */
function organization(): string {
  try {
    return getOrganization();
  } catch {
    return NO_ORGANIZATION;
  }
}
