import type { Context } from "../provider/resource/context";
import { tapFlow } from "../provider/resource/flow";
import type { Properties } from "../provider/resource/resource";
import { tapService } from "../provider/resource/service";
import { createContext } from "../provider/runtime";
import { readSettings } from "../provider/settings";

const RESOURCES = { TapService: tapService, TapFlow: tapFlow };

/** The handlers as the provider's process has them, called directly. */
export class Handlers {
  readonly context: Context;

  /** `sshConfig`: path of the ssh_config that knows the hosts. */
  constructor(sshConfig: string) {
    const settings = readSettings((key) => (key === "taas:sshConfig" ? sshConfig : undefined));
    this.context = createContext(settings, () => {});
  }

  /** What `check` makes of a resource's arguments. */
  check(kind: keyof typeof RESOURCES, name: string, args: Properties): Properties {
    const owner = `organization/bench/bench/${kind}/${name}`;
    const { inputs, failures } = RESOURCES[kind].check(this.context, {}, { ...args, owner });
    if (failures.length > 0) throw new Error(JSON.stringify(failures));
    return JSON.parse(JSON.stringify(inputs));
  }

  /** Creates what has been checked; resolves with the outputs. */
  async create(kind: keyof typeof RESOURCES, inputs: Properties): Promise<Properties> {
    return (await RESOURCES[kind].create(this.context, inputs)).outs;
  }

  /** Deletes what was created. */
  async delete(kind: keyof typeof RESOURCES, outputs: Properties): Promise<void> {
    await RESOURCES[kind].delete(this.context, outputs);
  }
}
