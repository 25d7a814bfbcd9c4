import type { Desired, Problem } from "../model/desired";
import { HOME_KEY, VNIC_KEY } from "../model/home";
import { isVmPort } from "../model/vmPort";
import type { BridgeFacts, Facts, PortFacts } from "../ovs/facts";
import type { Operation } from "../ovs/operations";
import { type Row, uuid } from "../ovs/values";
import { FIRST_HOMECOMER, FreeNumbers } from "./freeNumbers";
import { noteOnPort } from "./homes";
import { attach } from "./membership";
import { moveHome } from "./newRow";
import { isOurPort, namesOf } from "./ours";

/** What a host should have, should have had, and has. */
interface Stage {
  desired: Desired;
  before: Desired;
  facts: Facts;
  /** The bridge that VMs plug into. */
  integrationBridge: string;
}

/**
 * VM ports on the tap bridge that cannot be moved back home: they were moved by hand, or lack the note of their home.
 */
function straysOf({ desired, before, facts }: Stage, tap: BridgeFacts): PortFacts[] {
  const names = namesOf(desired, before);
  const placed = new Set(desired.placements.map(({ port }) => port));
  return tap.ports
    .flatMap((id) => facts.ports[id] ?? [])
    .filter((port) => !isOurPort(port, tap.name, names) && !placed.has(port.uuid) && isVmPort(port, facts));
}

/**
 * The operations that move strays off a tap bridge which is to be deleted. They go to the integration bridge, with a
 * new number, so that clients which monitor ports see a change. A port that is not a VM's, such as one on which
 * somebody watched copies, is deleted with the bridge.
 */
export function rescueStrays(
  stage: Stage & { renewals: ReadonlyMap<string, Row> },
  tap: BridgeFacts,
): Operation[] {
  const { facts, integrationBridge, renewals } = stage;
  const numbers = new FreeNumbers(facts);
  return straysOf(stage, tap).flatMap((port) => [
    ...port.interfaces.flatMap((nic) =>
      moveHome(port.uuid, nic, numbers.take(integrationBridge, FIRST_HOMECOMER), renewals),
    ),
    noteOnPort(port.uuid, { [HOME_KEY]: undefined, [VNIC_KEY]: undefined }),
    ...attach(facts, integrationBridge, uuid(port.uuid)),
  ]);
}

/**
 * Why the tap bridge cannot be deleted, if so: there is no bridge that a stray on it could be moved to, and it would be
 * deleted with the tap bridge.
 */
export function strandedStray(stage: Stage, tap: BridgeFacts | undefined): Problem | undefined {
  const { facts, integrationBridge } = stage;
  if (tap === undefined || facts.bridges.some(({ name }) => name === integrationBridge)) return undefined;
  const [stray] = straysOf(stage, tap);
  if (stray === undefined) return undefined;
  return {
    code: "home-bridge-missing",
    message: `bridge ${tap.name} cannot be deleted: port ${stray.name} on it may be a VM's, and bridge ${integrationBridge}, to which it would be moved, does not exist`,
    hint: `Create it again (ovs-vsctl add-br ${integrationBridge}), or delete the port (ovs-vsctl del-port ${stray.name})`,
  };
}
