import type { Socket } from "node:net";
import { expect } from "chai";
import type { Rule } from "../../../provider/model/desired";
import { diffFlows } from "../../../provider/ovs/diffFlows";
import type { OfctlTarget } from "../../../provider/ovs/ofctl";
import { TapSwitch } from "../../../provider/ovs/tapSwitch";
import { flowText } from "../../../provider/plan/flowText";
import { PrivateAccess } from "./privateAccess";
import type { PrivateOvs } from "./privateOvs";

/** The bridge br-tap of a private Open vSwitch with ports 5 and 6, both spoken to by OpenFlow and written by ovs-ofctl. */
export class TapBridge {
  /** The bridge for ovs-ofctl. */
  readonly target: OfctlTarget;
  private readonly ways: PrivateAccess;
  private tapSwitch: TapSwitch;
  private socket: Socket | undefined;

  private constructor(private readonly ovs: PrivateOvs) {
    this.target = { run: ovs.run, bridge: "br-tap" };
    this.ways = new PrivateAccess(ovs);
    this.tapSwitch = this.newSwitch();
  }

  /** Adds the bridge. */
  static async add(ovs: PrivateOvs): Promise<TapBridge> {
    const settings = ["datapath_type=netdev", "fail_mode=secure"];
    await ovs.vsctl("add-br", "br-tap", "--", "set", "Bridge", "br-tap", ...settings);
    for (const port of ["5", "6"]) {
      const nic = ["--", "set", "Interface", `p${port}`, "type=dummy", `ofport_request=${port}`];
      await ovs.vsctl("add-port", "br-tap", `p${port}`, ...nic);
    }
    return new TapBridge(ovs);
  }

  /** Deletes all rules, and gives a `TapSwitch` that has not read anything; `expectSame` asks it from now on. */
  async empty(): Promise<TapSwitch> {
    await this.ovs.ofctl("del-flows", "br-tap");
    this.tapSwitch = this.newSwitch();
    return this.tapSwitch;
  }

  /** How many bytes went to the bridge over the newest connection. */
  sent(): number {
    return this.socket!.bytesWritten;
  }

  /** Writes rules by ovs-ofctl, in the place of all others. */
  async writeText(text: string): Promise<void> {
    const argv = ["ovs-ofctl", "-O", "OpenFlow14", "--bundle", "replace-flows", "br-tap", "-"];
    expect(await this.ovs.run(argv, { input: text })).to.include({ exitCode: 0 });
  }

  /** Writes rules by ovs-ofctl, in the place of all others. */
  writeByCommand(rules: readonly Rule<number>[]): Promise<void> {
    return this.writeText(flowText(rules));
  }

  /** Expects that the bridge has these rules and no others, by ovs-ofctl as well as by OpenFlow. */
  async expectSame(rules: readonly Rule<number>[]): Promise<void> {
    const text = flowText(rules);
    expect(await diffFlows(this.target, text)).to.deep.equal({ missing: [], unexpected: [] });
    expect(await this.tapSwitch.has(rules), text).to.equal(true);
  }

  /** Ends all connections. */
  close(): void {
    this.ways.close();
  }

  private newSwitch(): TapSwitch {
    return new TapSwitch(async () => {
      this.socket = await this.ways.openSwitch();
      return this.socket;
    });
  }
}

/** The answer of a writer whose rules are still right. */
export const yes = async (): Promise<boolean> => true;
