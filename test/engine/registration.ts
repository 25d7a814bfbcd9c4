import type { Alias as AliasMessage } from "@pulumi/pulumi/proto/alias_pb";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import type { Alias, CustomTimeouts, Goal } from "./resourceState";
import { fromStruct } from "./struct";

/** Options that a child without its own takes from its parent. */
export type Inherited = Pick<Goal, "protect" | "retainOnDelete" | "deletedWith">;

function seconds(duration: string): number {
  const units: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3600 };
  const parts = [...duration.matchAll(/([\d.]+)(ms|s|m|h)/g)];
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (units[unit as string] ?? 1), 0);
}

function readTimeouts(request: RegisterResourceRequest): CustomTimeouts | undefined {
  const message = request.getCustomtimeouts();
  if (!message) return undefined;
  const timeouts = {
    ...(message.getCreate() ? { create: seconds(message.getCreate()) } : {}),
    ...(message.getUpdate() ? { update: seconds(message.getUpdate()) } : {}),
    ...(message.getDelete() ? { delete: seconds(message.getDelete()) } : {}),
  };
  return Object.keys(timeouts).length > 0 ? timeouts : undefined;
}

function readAlias(message: AliasMessage): Alias {
  const spec = message.getSpec();
  if (!spec) return { urn: message.getUrn() };
  return {
    name: spec.getName(),
    type: spec.getType(),
    stack: spec.getStack(),
    project: spec.getProject(),
    parent: spec.getParenturn(),
    noParent: spec.getNoparent(),
  };
}

function readPropertyDependencies(
  request: RegisterResourceRequest,
  properties: object,
): Record<string, string[]> {
  const entries = request.getPropertydependenciesMap();
  if (entries.getLength() === 0) {
    return Object.fromEntries(Object.keys(properties).map((key) => [key, request.getDependenciesList()]));
  }
  const dependencies: Record<string, string[]> = {};
  entries.forEach((urns, key) => {
    dependencies[key] = urns.getUrnsList();
  });
  return dependencies;
}

function refuseUnsupported(request: RegisterResourceRequest): void {
  const refuse = (what: string) => {
    throw new Error(`${request.getType()} ${request.getName()}: the test engine does not support ${what}`);
  };
  if (request.getRemote()) refuse("remote components");
  if (request.getImportid()) refuse("the import option");
}

/** What a registration asks for. Throws for what this engine does not do. */
export function readGoal(request: RegisterResourceRequest, inherited: Inherited | undefined): Goal {
  refuseUnsupported(request);
  const properties = fromStruct(request.getObject());
  const definesOrder = request.getDeletebeforereplacedefined() || request.getDeletebeforereplace();
  return {
    type: request.getType(),
    name: request.getName(),
    custom: request.getCustom(),
    properties,
    parent: request.getParent(),
    protect: request.hasProtect() ? request.getProtect() : inherited?.protect,
    retainOnDelete: request.hasRetainondelete() ? request.getRetainondelete() : inherited?.retainOnDelete,
    deletedWith: request.getDeletedwith() || (inherited?.deletedWith ?? ""),
    replaceWith: request.getReplaceWithList(),
    dependencies: request.getDependenciesList(),
    propertyDependencies: readPropertyDependencies(request, properties),
    provider: request.getProvider(),
    deleteBeforeReplace: definesOrder ? request.getDeletebeforereplace() : undefined,
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    aliases: [
      ...request.getAliasurnsList().map((urn) => ({ urn })),
      ...request.getAliasesList().map(readAlias),
    ],
    customTimeouts: readTimeouts(request),
  };
}
