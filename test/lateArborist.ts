import Module from "node:module";

/**
 * Loads npm's tree of packages when it is first asked for. Pulumi's SDK requires it at its start, and uses it only to pack
 * functions for a cloud: that is a fifth of the processor time of a short run. Loaded before everything else, by
 * `NODE_OPTIONS`; what a program does is unchanged. npm itself, which `pulumi install` runs, loads it as ever.
 */
const NAME = "@npmcli/arborist";

/** Node.js's own loader, which its types do not tell of. */
interface Loader {
  _load(name: string, parent: NodeJS.Module | undefined, isMain: boolean): unknown;
}

const loader = Module as unknown as Loader;
const { _load: load } = loader;
loader._load = function (name, parent, isMain) {
  if (name !== NAME || !parent?.filename?.includes("/@pulumi/pulumi/"))
    return load.call(this, name, parent, isMain);
  const loaded = () => load.call(this, name, parent, isMain) as { Arborist: unknown };
  return {
    __esModule: true,
    get Arborist() {
      return loaded().Arborist;
    },
  };
};
