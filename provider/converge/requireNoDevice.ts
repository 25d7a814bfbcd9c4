import { TaasError } from "../errors";
import type { HostAccess } from "./access";

/** Prints a line if the machine has a network device with a name. */
const LOOK = `[ -e "/sys/class/net/$1" ] && echo taas-device
exit 0`;

/** Rejects with `monitor-port-taken` if the host has a device with a name: Open vSwitch could not create one. */
export async function requireNoDevice({ run, record }: HostAccess, name: string): Promise<void> {
  const { stdout } = await run({ text: LOOK, name: "taas-device", words: [name] });
  if (!stdout.includes("taas-device")) return;
  throw new TaasError(`port "${name}" is taken by a network device of the host`, {
    code: "monitor-port-taken",
    host: record.name,
    hint: "Give the MonitorPort another name",
  });
}
