import { CustomResource, type CustomResourceOptions, type Inputs } from "@pulumi/pulumi";
import { ownerKey } from "./owner";
import { providerCode } from "./shim";

/** Type tokens of this package: `pulumi-nodejs:dynamic/taas:TapFlow` and so on. */
export function typeToken(kind: string): string {
  return `pulumi-nodejs:dynamic/taas:${kind}`;
}

/** What all resources of this package share: they are dynamic ones, with a readable type and an owner key. */
export abstract class TaasResource extends CustomResource {
  protected constructor(
    kind: string,
    name: string,
    props: Inputs,
    options: CustomResourceOptions | undefined,
  ) {
    const type = typeToken(kind);
    const owner = ownerKey(type, name, options?.parent);
    const outputs = { status: undefined, incarnation: undefined };
    super(type, name, { ...props, owner, ...outputs, __provider: providerCode(kind) }, options);
  }
}
