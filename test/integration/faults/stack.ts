import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Context } from "../../../provider/resource/context";
import { tapFlow } from "../../../provider/resource/flow";
import { monitorPort } from "../../../provider/resource/monitorPort";
import type { Properties, Resource } from "../../../provider/resource/resource";
import { tapService } from "../../../provider/resource/service";
import { halfDone } from "../../../provider/resource/status";
import { mirrorTunnel } from "../../../provider/resource/tunnel";

const RESOURCES = {
  TapService: tapService,
  TapFlow: tapFlow,
  MirrorTunnel: mirrorTunnel,
  MonitorPort: monitorPort,
};

/** A resource of a program. `{ ref: "name" }` in its arguments stands for that resource's `ref` output, a MonitorPort's `port`. */
export interface Wanted {
  kind: keyof typeof RESOURCES;
  name: string;
  args: Properties;
}

/** A resource as the state records it. */
export interface Recorded {
  kind: keyof typeof RESOURCES;
  name: string;
  id: string;
  outputs: Properties;
  /** Replaced by a newer one, still to be deleted. */
  replaced?: true;
}

/**
 * A stack whose state is a file, written after every step as the engine does: what was killed in between is not in it
 * and is done again by the next `up`. Creates come before deletes, deletes in the reverse order of creation.
 */
export class StackFile {
  constructor(
    private readonly context: Context,
    private readonly name: string,
    private readonly path: string,
  ) {}

  /** What the state records, in the order of creation. */
  get resources(): Recorded[] {
    try {
      return JSON.parse(readFileSync(this.path, "utf8")) as Recorded[];
    } catch {
      return [];
    }
  }

  /** Makes the hosts what the program says. */
  async up(program: readonly Wanted[]): Promise<void> {
    for (const wanted of program) await this.step(wanted);
    const kept = new Set(program.map(({ name }) => name));
    await this.remove((resource) => resource.replaced === true || !kept.has(resource.name));
  }

  /** Deletes everything in the state. */
  async destroy(): Promise<void> {
    await this.remove(() => true);
  }

  /** Reads everything in the state from its hosts. */
  async refresh(): Promise<void> {
    for (const resource of this.resources) {
      const found = await this.resource(resource).read(this.context, resource.id, resource.outputs);
      if ("props" in found) this.put({ ...resource, outputs: json(found.props) });
      else this.save(this.resources.filter(({ outputs }) => !same(outputs, resource.outputs)));
    }
  }

  private async step({ kind, name, args }: Wanted): Promise<void> {
    const resource = RESOURCES[kind];
    const old = this.resources.find((one) => one.name === name && one.replaced === undefined);
    const owner = `${this.name}/${kind}/${name}`;
    const given = json({ ...this.resolve(args), owner });
    const { inputs, failures } = resource.check(this.context, old?.outputs ?? {}, given);
    if (failures.length > 0) throw new Error(JSON.stringify(failures));
    const news = json(inputs);
    const diff = old === undefined ? undefined : resource.diff(old.outputs, news);
    if (old !== undefined && diff!.replaces.length === 0) {
      if (!diff!.changes) return;
      const outputs = await this.keepingHalf(old, () => resource.update(this.context, old.outputs, news));
      this.put({ ...old, outputs });
      return;
    }
    const id = String(owner);
    const fresh = { kind, name, id, outputs: news };
    fresh.outputs = await this.keepingHalf(fresh, () => resource.create(this.context, news));
    const others = this.resources.map((one) =>
      one.name === name ? { ...one, replaced: true as const } : one,
    );
    this.save([...others, fresh]);
  }

  /** What a step that failed half-way says exists is recorded before its error goes on. */
  private async keepingHalf(
    resource: Recorded,
    work: () => Promise<{ outs: Properties }>,
  ): Promise<Properties> {
    try {
      return json((await work()).outs);
    } catch (error) {
      const partial = halfDone(error, resource.id, resource.outputs);
      if (partial !== undefined) this.put({ ...resource, outputs: json(partial.properties) });
      throw error;
    }
  }

  private async remove(goes: (resource: Recorded) => boolean): Promise<void> {
    for (const resource of this.resources.filter(goes).reverse()) {
      await this.resource(resource).delete(this.context, resource.outputs);
      this.save(this.resources.filter(({ outputs }) => !same(outputs, resource.outputs)));
    }
  }

  private resource({ kind }: Pick<Recorded, "kind">): Resource {
    return RESOURCES[kind];
  }

  private resolve(args: Properties): Properties {
    const entries = Object.entries(args).map(([key, value]) => {
      const name = (value as { ref?: string } | undefined)?.ref;
      if (name === undefined) return [key, value];
      const made = this.resources.find((one) => one.name === name && one.replaced === undefined);
      return [key, made!.outputs.ref ?? made!.outputs.port];
    });
    return Object.fromEntries(entries) as Properties;
  }

  private put(resource: Recorded): void {
    const at = this.resources.findIndex(
      (one) => one.name === resource.name && one.replaced === resource.replaced,
    );
    const all = this.resources;
    if (at < 0) all.push(resource);
    else all[at] = resource;
    this.save(all);
  }

  private save(resources: readonly Recorded[]): void {
    writeFileSync(`${this.path}.new`, JSON.stringify(resources));
    renameSync(`${this.path}.new`, this.path);
  }
}

function json<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}

function same(a: Properties, b: Properties): boolean {
  return a.incarnation === b.incarnation && a.owner === b.owner;
}
