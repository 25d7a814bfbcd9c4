import type { InterfaceFacts } from "../../../provider/ovs/facts";
import type { HostGuard } from "../../../provider/ovs/guarded";
import type { OfctlTarget } from "../../../provider/ovs/ofctl";
import { OvsdbClient } from "../../../provider/ovs/ovsdbClient";
import { readFacts } from "../../../provider/ovs/readFacts";
import type { PrivateOvs } from "./privateOvs";

/** The bridge br-tap of a private Open vSwitch, with generation 7. */
export interface GuardedBridge {
  /** The bridge for ovs-ofctl. */
  target: OfctlTarget;
  /** Its port p1, which has number 5. */
  port: InterfaceFacts;
  /** The guard that holds there, but for `change`. */
  guard(change?: Partial<HostGuard>): HostGuard;
}

/** Adds the bridge. */
export async function addGuardedBridge(ovs: PrivateOvs): Promise<GuardedBridge> {
  await ovs.vsctl(
    ...["add-br", "br-tap", "--", "set", "Bridge", "br-tap", "datapath_type=netdev", "fail_mode=secure"],
    ...["other_config:taas-generation=7", "--"],
    ...["add-port", "br-tap", "p1", "--", "set", "Interface", "p1", "type=dummy", "ofport_request=5"],
  );
  const client = new OvsdbClient({ kind: "stream", stream: await ovs.connect() });
  const { interfaces } = await readFacts(client);
  client.close();
  const port = Object.values(interfaces).find(({ name }) => name === "p1")!;
  return {
    target: { run: ovs.run, bridge: "br-tap", host: "compute-1" },
    port,
    guard: (change = {}) => ({
      bridge: "br-tap",
      key: "taas-generation",
      generation: "7",
      ofports: { [port.uuid]: 5 },
      ...change,
    }),
  };
}
