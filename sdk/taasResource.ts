import { type CustomResourceOptions, dynamic, type Inputs } from "@pulumi/pulumi";
import { ownerKey } from "./owner";

/** Type tokens of this package: `pulumi-nodejs:dynamic/taas:TapFlow` and so on. */
export function typeToken(kind: string): string {
  return `pulumi-nodejs:dynamic/taas:${kind}`;
}

/** What all resources of this package share: a provider that is a shim, a readable type, an owner key. */
export abstract class TaasResource extends dynamic.Resource {
  protected constructor(
    kind: string,
    provider: dynamic.ResourceProvider,
    name: string,
    props: Inputs,
    options: CustomResourceOptions | undefined,
  ) {
    const owner = ownerKey(typeToken(kind), name, options?.parent);
    super(
      provider,
      name,
      { ...props, owner, status: undefined, incarnation: undefined },
      options,
      "taas",
      kind,
    );
  }
}
