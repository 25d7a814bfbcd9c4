import { existsSync } from "node:fs";
import { fromCheckpointValue, isSecret, type PropertyMap } from "./properties";
import type { Provider } from "./provider";
import { StateFile } from "./stateFile";
import { isRootStack } from "./urn";

/** Answers stack references from the state files of the other stacks: `organization/project/stack`. */
export class StackReferences implements Provider {
  constructor(private readonly pathOf: (project: string, stack: string) => string) {}

  async check({ news }: { news: PropertyMap }) {
    return { inputs: news, failures: [] };
  }

  async diff() {
    return { changes: false, replaces: [], deleteBeforeReplace: false };
  }

  async create(): Promise<never> {
    throw new Error("stack references are only read");
  }

  async update(): Promise<never> {
    throw new Error("stack references are only read");
  }

  async read({ id, inputs }: { id: string; inputs: PropertyMap }) {
    const [, project = "", stack = ""] = id.split("/");
    const path = this.pathOf(project, stack);
    if (!existsSync(path))
      throw new Error(`unknown stack '${id}': name it as organization/<project>/<stack>`);
    const { deployment } = await new StateFile(path).read();
    const root = deployment.resources?.find((resource) => isRootStack(resource.urn));
    const outputs = fromCheckpointValue(root?.outputs ?? {}) as PropertyMap;
    const secretOutputNames = Object.keys(outputs).filter((name) => isSecret(outputs[name]));
    return { id, inputs, outputs: { name: id, outputs, secretOutputNames } };
  }

  async delete() {}
}
