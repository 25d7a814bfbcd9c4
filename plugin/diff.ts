import { DiffResponse, PropertyDiff } from "@pulumi/pulumi/proto/provider_pb";
import { changedPaths, type PathChange } from "../provider/resource/changedPaths";
import { comparable } from "../provider/resource/compare";
import type { DiffResult, Properties } from "../provider/resource/resource";

const { Kind } = PropertyDiff;
const KINDS = {
  add: [Kind.ADD, Kind.ADD_REPLACE],
  delete: [Kind.DELETE, Kind.DELETE_REPLACE],
  update: [Kind.UPDATE, Kind.UPDATE_REPLACE],
} as const;

/** Properties that follow from arguments which are shown themselves. */
const NOT_SHOWN: ReadonlySet<string> = new Set(["ref"]);

/** Properties of the engine, and the code that the state contains for the dynamic provider. */
function isInternal(name: string): boolean {
  return name.startsWith("__");
}

/** A diff of the inputs by path, such as `filter[0].destinationPort`. It includes a status that has drifted. */
export function detailedDiff(
  result: DiffResult,
  { outputs, inputs }: { outputs: Properties; inputs: Properties },
  news: Properties,
): DiffResponse {
  const response = new DiffResponse();
  const { DIFF_SOME, DIFF_NONE } = DiffResponse.DiffChanges;
  response.setChanges(result.changes ? DIFF_SOME : DIFF_NONE);
  if (!result.changes) return response;
  response.setReplacesList(result.replaces);
  response.setDeletebeforereplace(result.deleteBeforeReplace);
  const details = response.getDetaileddiffMap();
  const put = (paths: readonly [string, PathChange][], of: "input" | "output") => {
    for (const [path, change] of paths) {
      const replaces = result.replaces.some((name) => startsWith(path, name));
      details.set(path, propertyDiff(KINDS[change][replaces ? 1 : 0], of));
    }
  };
  const given = changedPaths(shown(inputs), shown(news));
  put(given, "input");
  // Computed properties can differ although the inputs are the same: the owner after an import, say.
  const made = changedPaths(shown(pick(outputs, news)), shown(news));
  put(
    made.filter(([path]) => !given.some(([other]) => propertyOf(other) === propertyOf(path))),
    "output",
  );
  if (details.getLength() === 0) put([["status", "update"]], "output");
  const names = details.toArray().map(([path]) => propertyOf(String(path)));
  response.setDiffsList([...new Set(names)]);
  response.setHasdetaileddiff(true);
  return response;
}

function propertyDiff(kind: PropertyDiff.Kind, of: "input" | "output"): PropertyDiff {
  const diff = new PropertyDiff();
  diff.setKind(kind);
  diff.setInputdiff(of === "input");
  return diff;
}

/** The properties that can make a difference: how hosts are reached cannot. */
function shown(properties: Properties): Properties {
  const entries = Object.entries(properties).filter(([name]) => !isInternal(name) && !NOT_SHOWN.has(name));
  return comparable(Object.fromEntries(entries)) as Properties;
}

/** The property that contains a path. */
function propertyOf(path: string): string {
  return path.split(/[.[]/)[0]!;
}

/** The properties whose names another set has. */
function pick(properties: Properties, others: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => name in others));
}

function startsWith(path: string, name: string): boolean {
  return path === name || path.startsWith(`${name}.`) || path.startsWith(`${name}[`);
}
