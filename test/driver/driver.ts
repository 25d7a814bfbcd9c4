import type { Context } from "../../provider/resource/context";
import { tapFlow } from "../../provider/resource/flow";
import { monitorPort } from "../../provider/resource/monitorPort";
import type { Properties, ReadResult, Resource } from "../../provider/resource/resource";
import { tapService } from "../../provider/resource/service";
import { mirrorTunnel } from "../../provider/resource/tunnel";
import { createContext } from "../../provider/runtime";
import { readSettings } from "../../provider/settings";
import type { Lab } from "../lab/lab";

const RESOURCES = {
  TapService: tapService,
  TapFlow: tapFlow,
  MirrorTunnel: mirrorTunnel,
  MonitorPort: monitorPort,
};

/** The kinds of resources. */
export type Kind = keyof typeof RESOURCES;

/** A resource as a state records it. */
export interface Made {
  kind: Kind;
  name: string;
  id: string;
  /** What the program asked for, checked. */
  inputs: Properties;
  /** What the state records. */
  outputs: Properties & {
    ref?: unknown;
    port?: unknown;
    libvirt?: string;
    status?: string;
    owner?: string;
    portName?: string;
    rules?: string[];
  };
}

/**
 * Makes, changes and removes resources as an engine would, through check, diff and the rest of the handlers, but in this
 * process and without a program: a lab test that is about packets need not wait for one to start.
 */
export class Driver {
  readonly warnings: string[] = [];
  private readonly made: Made[] = [];
  private readonly context: Context;

  /** `config`: more of the stack's configuration, without the namespace. */
  constructor(
    lab: Pick<Lab, "sshConfig">,
    private readonly stack = "organization/driver/test",
    config: Readonly<Record<string, unknown>> = {},
  ) {
    const values: Record<string, unknown> = { sshConfig: lab.sshConfig, ...config };
    const settings = readSettings((key) => {
      const value = values[key.replace(/^taas:/, "")];
      return value === undefined || typeof value === "string" ? value : JSON.stringify(value);
    });
    this.context = createContext(settings, (message) => this.warnings.push(message));
  }

  /** The checked inputs of a resource; throws what check refuses, as the engine would report it. */
  check(kind: Kind, name: string, args: Properties, olds: Properties = {}): Properties {
    const owner = args.owner ?? `${this.stack}/${kind}/${name}`;
    const { inputs, failures } = this.resource(kind).check(this.context, olds, json({ ...args, owner }));
    if (failures.length > 0) {
      throw new Error(failures.map(({ property, reason }) => `${name}: ${property}: ${reason}`).join("\n"));
    }
    return json(inputs);
  }

  /** Checks and creates; `replaced` is what it takes the place of, and is still to be deleted. */
  async create(kind: Kind, name: string, args: Properties, replaced?: Made): Promise<Made> {
    const inputs = this.check(kind, name, args);
    const incarnation = replaced?.outputs.incarnation as string | undefined;
    const { id, outs } = await this.resource(kind).create(this.context, inputs, incarnation);
    const made = { kind, name, id, inputs, outputs: json(outs) };
    this.made.push(made);
    return made;
  }

  /** A TapService. */
  service(name: string, args: Properties): Promise<Made> {
    return this.create("TapService", name, args);
  }

  /** A TapFlow into a service made here. */
  flow(name: string, service: Made, args: Properties): Promise<Made> {
    return this.create("TapFlow", name, { service: service.outputs.ref, ...args });
  }

  /** A MirrorTunnel. */
  tunnel(name: string, args: Properties): Promise<Made> {
    return this.create("MirrorTunnel", name, args);
  }

  /** A MonitorPort. */
  monitorPort(name: string, args: Properties): Promise<Made> {
    return this.create("MonitorPort", name, args);
  }

  /** Checks, diffs, and updates where there is a change; a change that replaces throws. Resolves to whether it changed. */
  async update(made: Made, args: Properties): Promise<boolean> {
    const resource = this.resource(made.kind);
    const inputs = this.check(made.kind, made.name, args, made.inputs);
    const { changes, replaces } = resource.diff(made.outputs, inputs);
    if (replaces.length > 0)
      throw new Error(`${made.name} would be replaced because of ${replaces.join(", ")}`);
    made.inputs = inputs;
    if (!changes) return false;
    made.outputs = json((await resource.update(this.context, made.outputs, inputs)).outs);
    return true;
  }

  /** Reads a resource from its hosts and records what it finds; the id is missing when it is gone. */
  async read(made: Made): Promise<ReadResult> {
    const result = json(await this.resource(made.kind).read(this.context, made.id, made.outputs));
    if ("props" in result) made.outputs = result.props;
    return result;
  }

  /** Deletes a resource. */
  async delete(made: Made): Promise<void> {
    await this.resource(made.kind).delete(this.context, made.outputs);
    const index = this.made.indexOf(made);
    if (index >= 0) this.made.splice(index, 1);
  }

  /** Deletes all that was made and not deleted, last first, as a destroy would. */
  async destroy(): Promise<void> {
    for (const made of [...this.made].reverse()) await this.delete(made);
  }

  private resource(kind: Kind): Resource {
    return RESOURCES[kind];
  }
}

/** Everything goes over gRPC as JSON. */
function json<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
