import { randomUUID } from "node:crypto";
import { type PropertyMap, unknownValue } from "./properties";
import { equalValues } from "./propertyDiff";
import type { Provider } from "./provider";
import type { ProviderProcess } from "./providerProcess";
import { RemoteProvider } from "./remoteProvider";
import type { ResourceState } from "./resourceState";
import { StackReferences } from "./stackReferences";
import { isProviderType, packageOfType, parseUrn, providerUrn, type Urn } from "./urn";

/** The package of dynamic resources. */
export const dynamicPackage = "pulumi-nodejs";
/** The package of stack references. */
const builtinPackage = "pulumi";

/** Gives the process of a package: dynamic resources share one, and each provider by plugin has one of its own. */
export type StartProcess = (packageName: string) => Promise<ProviderProcess>;

/** The package that a provider, itself a resource of the stack, is of. */
function packageOfProvider(urn: Urn): string {
  return parseUrn(urn).type.replace("pulumi:providers:", "");
}

/** The providers of one run, each also a resource of the stack, and what answers stack references. */
export class Providers {
  private readonly remotes = new Map<Urn, Promise<RemoteProvider>>();
  private readonly configured = new Map<Urn, Promise<void>>();
  private readonly usable = new Map<Urn, RemoteProvider>();
  private readonly builtin: StackReferences;
  private readonly itself: Provider = {
    check: async ({ urn, olds, news }) => {
      if (!this.isPlugin(urn)) return { inputs: news, failures: [] };
      return (await this.remote(urn)).checkConfig({ urn, olds, news });
    },
    diff: async ({ urn, id, oldInputs, oldOutputs, newInputs }) => {
      if (this.isPlugin(urn))
        return (await this.remote(urn)).diffConfig({ urn, id, olds: oldInputs, news: newInputs });
      const changes = !equalValues(oldOutputs, newInputs);
      return { changes, replaces: [], deleteBeforeReplace: false };
    },
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
    private readonly start: StartProcess,
    private readonly mode: "preview" | "update",
    stateOf: (project: string, stack: string) => string,
  ) {
    this.builtin = new StackReferences(stateOf);
  }

  /** What manages this resource. Throws when that provider has not been configured. */
  of(resource: Pick<ResourceState, "type" | "provider" | "urn">): Provider {
    if (isProviderType(resource.type)) return this.itself;
    if (packageOfType(resource.type) === builtinPackage) return this.builtin;
    return this.referred(resource.provider, resource.urn);
  }

  /** Calls a function with a provider that a reference names. */
  invoke(reference: string, token: string, args: PropertyMap): Promise<PropertyMap> {
    return this.referred(reference, token).invoke(token, args);
  }

  /** Starts using a provider whose configuration did not change. */
  same(provider: ResourceState): Promise<void> {
    return this.configure(provider.urn, provider.inputs);
  }

  /** Makes the provider of an old resource usable, with the configuration recorded in the state. */
  async ensure(resource: ResourceState, olds: ReadonlyMap<Urn, ResourceState>): Promise<void> {
    if (!resource.provider || this.configured.has(providerUrn(resource.provider))) return;
    const urn = providerUrn(resource.provider);
    const provider = olds.get(urn);
    if (!provider)
      throw new Error(`could not load provider for resource ${resource.urn}: no state for ${urn}`);
    await this.same(provider);
  }

  private referred(reference: string, what: string): RemoteProvider {
    const remote = this.usable.get(providerUrn(reference));
    if (!remote) throw new Error(`unknown provider '${reference}' for '${what}'`);
    return remote;
  }

  private isPlugin(urn: Urn): boolean {
    return ![dynamicPackage, builtinPackage].includes(packageOfProvider(urn));
  }

  private remote(urn: Urn): Promise<RemoteProvider> {
    const known = this.remotes.get(urn);
    if (known) return known;
    const started = this.start(packageOfProvider(urn)).then(
      (process) => new RemoteProvider(process, this.mode),
    );
    this.remotes.set(urn, started);
    return started;
  }

  private configure(urn: Urn, config: PropertyMap): Promise<void> {
    if (packageOfProvider(urn) === builtinPackage) return Promise.resolve();
    const known = this.configured.get(urn);
    if (known) return known;
    const configured = this.remote(urn).then(async (remote) => {
      this.usable.set(urn, remote);
      await remote.configure({ urn, id: unknownValue, config });
    });
    this.configured.set(urn, configured);
    return configured;
  }
}
