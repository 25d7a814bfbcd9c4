import { CustomResource, type CustomResourceOptions, type Inputs } from "@pulumi/pulumi";
import { ownerKey } from "./owner";
import { computedFrom } from "./secrets";
import { providerCode } from "./shim";
import { ShortTraces } from "./shortTraces";

/** Type tokens of this package: `pulumi-nodejs:dynamic/taas:TapFlow` and so on. */
export function typeToken(kind: string): string {
  return `pulumi-nodejs:dynamic/taas:${kind}`;
}

/** What all resources of this package share: they are dynamic ones, with a readable type and an owner key. */
export abstract class TaasResource extends CustomResource {
  /** `computed`: names of the properties that `check` and the operations fill in, besides `status`. */
  protected constructor(
    kind: string,
    name: string,
    props: Inputs,
    computed: readonly string[],
    options: CustomResourceOptions | undefined,
  ) {
    const type = typeToken(kind);
    const owner = ownerKey(type, name, options?.parent);
    const nothing = computedFrom(props);
    const outputs = Object.fromEntries([...computed, "status"].map((property) => [property, nothing]));
    const all = { ...props, owner, incarnation: undefined, ...outputs, __provider: providerCode(kind) };
    const traces = new ShortTraces();
    try {
      super(type, name, all, options);
    } catch (error) {
      traces.complete(error);
      throw error;
    } finally {
      traces.end();
    }
  }
}
