import { tapBridgeOf } from "../converge/access";
import { digest } from "../model/identity";
import { libvirtInterface } from "../model/libvirt";
import { monitorPortInput } from "../model/monitorPorts";
import { monitorPortRules } from "../model/rules";
import type { HostRecord } from "../schema/host";
import {
  type MonitorPortInputs,
  monitorPortArgs,
  monitorPortComputed,
  OPTIONS_OF_TYPE,
} from "../schema/monitorPort";
import { hasUnknown, UNKNOWN } from "../schema/unknown";
import { type Failure, validate } from "../schema/validate";
import { checksOf } from "./checks";
import type { Names } from "./context";
import { isMoved, recordEnds } from "./ends";
import type { CheckResult, Checks, DiffResult, Properties } from "./resource";

/** The run directory of Open vSwitch's packages. */
const RUN_DIRECTORY = "/var/run/openvswitch";

type Type = MonitorPortInputs["type"];

/** The options of another type than the given one. */
function contradictions(type: Type, values: Properties): Failure[] {
  const own: readonly string[] = OPTIONS_OF_TYPE[type];
  const others = new Set(Object.values(OPTIONS_OF_TYPE).flat());
  return [...others]
    .filter((name) => !own.includes(name) && values[name] !== undefined)
    .map((property) => {
      const types = Object.entries(OPTIONS_OF_TYPE).filter(([, names]) =>
        (names as readonly string[]).includes(property),
      );
      const having = types.map(([name]) => `"${name}"`).join(" or ");
      return {
        property,
        reason: `a port of type "${type}" does not have this option: leave it out, or set type to ${having}`,
      };
    });
}

/** A UUID derived from an owner key: version 8 (RFC 9562), so that no generator of random UUIDs produces it. */
function defaultIfaceId(owner: string): string {
  const hex = digest(32, "iface-id", owner);
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`];
  return [...parts, hex.slice(20)].join("-");
}

/** The port's name if the arguments do not give one: its previous name, else one derived from the owner key. */
function named(type: Type, values: Properties, olds: Properties): Properties {
  const owner = values.owner as string;
  if (type === "attach") return { ifaceId: values.ifaceId ?? olds.ifaceId ?? defaultIfaceId(owner) };
  const name = values.name ?? olds.name ?? `mp-${digest(12, "monitor-port", owner)}`;
  if (type === "internal") return { name };
  const path = hasUnknown(name) ? UNKNOWN : `${RUN_DIRECTORY}/${name}`;
  return { name, socketPath: values.socketPath ?? path };
}

/** Validates a MonitorPort's arguments, and adds its names, `port`, `libvirt` and `rules` to the inputs. */
function checkMonitorPort(names: Names, olds: Properties, news: Properties): CheckResult {
  const { values, failures } = validate(monitorPortArgs, news, monitorPortComputed);
  if (failures.length > 0) return { inputs: values, failures };
  const inputs: Properties = { ...values, ...recordEnds(names, values) };
  if (hasUnknown(values.type)) {
    const unknown = { port: UNKNOWN, portName: UNKNOWN, libvirt: UNKNOWN, rules: [UNKNOWN] };
    return { inputs: { ...inputs, ...unknown }, failures };
  }
  const type = values.type as Type;
  failures.push(...contradictions(type, values));
  if (failures.length > 0) return { inputs: values, failures };
  Object.assign(inputs, named(type, values, olds));
  const { host, name, socketPath, ifaceId } = inputs as Partial<MonitorPortInputs>;
  const port = { type, name, socketPath, ifaceId };
  if (name !== undefined) inputs.portName = name;
  inputs.port = hasUnknown([name, ifaceId]) ? UNKNOWN : monitorPortInput(port);
  inputs.libvirt = hasUnknown([host, socketPath, ifaceId])
    ? UNKNOWN
    : libvirtInterface(port, tapBridgeOf(host as HostRecord));
  inputs.rules = monitorPortRules(inputs as unknown as MonitorPortInputs);
  return { inputs, failures };
}

const inPlace = checksOf(monitorPortArgs, checkMonitorPort);

/** Another host replaces the port; everything else changes in place. */
function diff(olds: Properties, news: Properties): DiffResult {
  const update = inPlace.diff(olds, news);
  return isMoved(olds, news) ? { ...update, changes: true, replaces: ["host"] } : update;
}

/** The checks of a MonitorPort. */
export const monitorPortChecks: Checks = { ...inPlace, diff };
