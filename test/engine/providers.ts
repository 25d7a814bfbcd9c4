import { randomUUID } from "node:crypto";
import type { DynamicHost } from "./dynamicHost";
import { DynamicProvider } from "./dynamicProvider";
import { type PropertyMap, unknownValue } from "./properties";
import { equalValues } from "./propertyDiff";
import type { Provider } from "./provider";
import type { ResourceState } from "./resourceState";
import { StackReferences } from "./stackReferences";
import { isProviderType, packageOfType, providerUrn, type Urn } from "./urn";

/** The package of dynamic resources. */
export const dynamicPackage = "pulumi-nodejs";
/** The package of stack references. */
export const builtinPackage = "pulumi";

/** The providers of one run: one for dynamic resources, one for stack references; both also resources of the stack. */
export class Providers {
  private dynamic: DynamicProvider | undefined;
  private configured: Promise<void> | undefined;
  private readonly builtin: StackReferences;
  private readonly itself: Provider = {
    check: async ({ news }) => ({ inputs: news, failures: [] }),
    diff: async ({ oldOutputs, newInputs }) => ({
      changes: !equalValues(oldOutputs, newInputs),
      replaces: [],
      deleteBeforeReplace: false,
    }),
    create: async ({ urn, inputs }) => {
      await this.configure(urn, inputs);
      return { id: this.mode === "preview" ? unknownValue : randomUUID(), outputs: inputs };
    },
    update: async ({ urn, newInputs }) => {
      await this.configure(urn, newInputs);
      return newInputs;
    },
    read: async () => {
      throw new Error("providers are not read");
    },
    delete: async () => {},
  };

  constructor(
    private readonly host: Promise<DynamicHost>,
    private readonly mode: "preview" | "update",
    stateOf: (project: string, stack: string) => string,
  ) {
    this.builtin = new StackReferences(stateOf);
  }

  /** What manages this resource. Throws when that provider has not been configured. */
  of(resource: Pick<ResourceState, "type" | "provider" | "urn">): Provider {
    if (isProviderType(resource.type)) return this.itself;
    if (packageOfType(resource.type) === builtinPackage) return this.builtin;
    if (!this.dynamic)
      throw new Error(`unknown provider '${resource.provider}' for resource '${resource.urn}'`);
    return this.dynamic;
  }

  /** Starts using a provider whose configuration did not change. */
  same(provider: ResourceState): Promise<void> {
    return this.configure(provider.urn, provider.inputs);
  }

  /** Makes the provider of an old resource usable, with the configuration recorded in the state. */
  async ensure(resource: ResourceState, olds: ReadonlyMap<Urn, ResourceState>): Promise<void> {
    if (!resource.provider || this.configured) return;
    const urn = providerUrn(resource.provider);
    const provider = olds.get(urn);
    if (!provider)
      throw new Error(`could not load provider for resource ${resource.urn}: no state for ${urn}`);
    await this.same(provider);
  }

  private configure(urn: Urn, config: PropertyMap): Promise<void> {
    if (!urn.includes(`:${dynamicPackage}::`)) return Promise.resolve();
    this.configured ??= this.host.then((host) => {
      this.dynamic = new DynamicProvider(host, this.mode);
      return this.dynamic.configure({ urn, id: unknownValue, config });
    });
    return this.configured;
  }
}
