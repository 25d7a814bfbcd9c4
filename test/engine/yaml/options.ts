import { Alias } from "@pulumi/pulumi/proto/alias_pb";
import { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import type { Urn } from "../urn";

/** The options of a resource, as a YAML program has them. */
export interface ResourceOptions {
  readonly dependsOn?: string | readonly string[];
  readonly provider?: string;
  readonly parent?: string;
  readonly protect?: boolean;
  readonly retainOnDelete?: boolean;
  readonly deleteBeforeReplace?: boolean;
  readonly ignoreChanges?: string[];
  readonly replaceOnChanges?: string[];
  readonly additionalSecretOutputs?: string[];
  readonly aliases?: readonly (string | { name?: string; type?: string })[];
  readonly customTimeouts?: { create?: string; update?: string; delete?: string };
}

type Plain = Omit<ResourceOptions, "dependsOn" | "provider" | "parent">;

/** The same, with the resources that they refer to. */
export interface ResolvedOptions extends Plain {
  readonly dependsOn: readonly Urn[];
  readonly provider: string | undefined;
  readonly parent: Urn | undefined;
}

/** Looks up what options refer to. `resource` gives a resource by its name. */
export async function optionsOf(
  { dependsOn = [], provider, parent, ...plain }: ResourceOptions,
  resource: (name: string) => Promise<{ urn: Urn; id: string }>,
): Promise<ResolvedOptions> {
  const named = (reference: string) => resource(reference.replace(/^\$\{(.*)\}$/, "$1"));
  const others = await Promise.all([dependsOn].flat().map(named));
  const manager = provider === undefined ? undefined : await named(provider);
  return {
    ...plain,
    dependsOn: others.map(({ urn }) => urn),
    provider: manager === undefined ? undefined : `${manager.urn}::${manager.id}`,
    parent: parent === undefined ? undefined : (await named(parent)).urn,
  };
}

/** Puts options into a registration. */
export function setOptions(request: RegisterResourceRequest, options: ResolvedOptions): void {
  const { provider, parent, protect, retainOnDelete, deleteBeforeReplace, customTimeouts } = options;
  if (provider !== undefined) request.setProvider(provider);
  if (parent !== undefined) request.setParent(parent);
  if (protect !== undefined) request.setProtect(protect);
  if (retainOnDelete !== undefined) request.setRetainondelete(retainOnDelete);
  if (deleteBeforeReplace !== undefined) {
    request.setDeletebeforereplace(deleteBeforeReplace);
    request.setDeletebeforereplacedefined(true);
  }
  request.setIgnorechangesList(options.ignoreChanges ?? []);
  request.setReplaceonchangesList(options.replaceOnChanges ?? []);
  request.setAdditionalsecretoutputsList(options.additionalSecretOutputs ?? []);
  request.setAliasesList((options.aliases ?? []).map(aliasOf));
  if (customTimeouts === undefined) return;
  const timeouts = new RegisterResourceRequest.CustomTimeouts();
  timeouts.setCreate(customTimeouts.create ?? "");
  timeouts.setUpdate(customTimeouts.update ?? "");
  timeouts.setDelete(customTimeouts.delete ?? "");
  request.setCustomtimeouts(timeouts);
}

function aliasOf(alias: string | { name?: string; type?: string }): Alias {
  const message = new Alias();
  if (typeof alias === "string") {
    message.setUrn(alias);
    return message;
  }
  const spec = new Alias.Spec();
  spec.setName(alias.name ?? "");
  spec.setType(alias.type ?? "");
  message.setSpec(spec);
  return message;
}
