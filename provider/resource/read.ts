import type { Look } from "../converge/hostQueue";
import type { HostRecord } from "../host/host";
import type { Context } from "./context";
import type { Properties, ReadResult } from "./resource";
import { driftedStatus } from "./status";

/** What a read looks at. */
export interface ReadRequest {
  context: Context;
  id: string;
  state: Properties;
  inputs: Properties & { owner: string };
  /** Hosts that have claims of the resource. */
  ends: readonly HostRecord[];
  /** The VM port whose present name is an output. */
  port?: { host: HostRecord; name(look: Look): string };
  /** Status when all is well. */
  active: string;
}

/**
 * Reads a resource from its hosts. With its claim on none of them it is gone; with a claim missing or anything of its
 * pieces not as it should be it has drifted. A host that cannot be read is an error, never an answer.
 */
export async function readEnds(request: ReadRequest): Promise<ReadResult> {
  const { context, id, state, inputs, ends, port } = request;
  const inspections = await Promise.all(ends.map((record) => context.open(record).inspect()));
  const holders = inspections.filter(
    ({ read }) => read.claims.get(inputs.owner)?.token === state.incarnation,
  );
  if (ends.length > 0 && holders.length === 0) return {};
  const missing = inspections
    .filter((one) => !holders.includes(one))
    .map(({ record }) => `host ${record.name}: claim missing`);
  const differences = holders.flatMap(({ record, differences: found }) =>
    found
      .filter(({ owners }) => owners.length === 0 || owners.includes(inputs.owner))
      .map(({ what }) => `host ${record.name}: ${what}`),
  );
  const faults = [...new Set([...missing, ...differences])];
  const props: Properties = {
    ...state,
    status: faults.length === 0 ? request.active : driftedStatus(faults),
  };
  const home = inspections.find(({ record }) => record.address === port?.host.address);
  if (port !== undefined && home !== undefined) {
    const name = port.name(home);
    if (name !== "") props.portName = name;
  }
  return { id, props, inputs };
}
