import {
  CustomResource,
  type CustomResourceOptions,
  type Inputs,
  type Output,
  runtime,
} from "@pulumi/pulumi";
import { COMPUTED, FOLLOWING, type Kind, SECRETS } from "../provider/face/computed";
import { providerCode } from "../provider/face/providerCode";
import { ARGUMENT_OUTPUTS } from "./argumentOutputs";
import { ownerKey } from "./owner";
import { computedFrom, followingFrom, knownUnlessEmpty, secretNames } from "./secrets";
import { ShortTraces } from "./shortTraces";

/** Type tokens of this package: `pulumi-nodejs:dynamic/taas:TapFlow` and so on. */
export function typeToken(kind: Kind): string {
  return `pulumi-nodejs:dynamic/taas:${kind}`;
}

/**
 * What all resources of this package have in common: they are dynamic resources with a readable type and an owner key.
 */
export abstract class TaasResource extends CustomResource {
  protected constructor(kind: Kind, name: string, props: Inputs, options: CustomResourceOptions | undefined) {
    const type = typeToken(kind);
    const owner = ownerKey(type, name, options?.parent);
    const secrets = secretNames(props);
    const nothing = computedFrom(secrets);
    const outputs = Object.fromEntries(COMPUTED[kind].map((property) => [property, nothing]));
    const following = Object.fromEntries(
      Object.entries(FOLLOWING[kind]).map(([property, from]) => [
        property,
        followingFrom(props[property], from, secrets),
      ]),
    );
    const all = {
      ...{
        ...Object.fromEntries(ARGUMENT_OUTPUTS[kind].map((property) => [property, undefined])),
        ...props,
        ...following,
        owner,
        incarnation: undefined,
        ...outputs,
        __provider: providerCode(kind),
      },
      [SECRETS]: secrets.then((names) => (names.length > 0 ? [...names] : undefined)),
    };
    const traces = new ShortTraces();
    try {
      super(type, name, all, options);
    } catch (error) {
      traces.complete(error);
      throw error;
    } finally {
      traces.end();
    }
    if (runtime.isDryRun()) {
      const own = this as unknown as Record<string, Output<unknown>>;
      for (const property of COMPUTED[kind]) own[property] = knownUnlessEmpty(own[property]!);
    }
  }
}
