import { expect } from "chai";
import { type Lab, startLab } from "../../lab/lab";

/** How VMs are put behind Linux bridges of other names: by a cable, and as Proxmox's firewall does, by an internal port. */
const OTHER_WIRING = {
  cabled: `
ovs-vsctl del-port tap-cabled
ip link add office type bridge forward_delay 0 mcast_snooping 0
ip link add in0 type veth peer name out0
ip link set tap-cabled master office up; ip link set in0 master office up
ip link set office up; ip link set out0 up
ovs-vsctl add-port br-int out0 tag=20`,
  walled: `
ovs-vsctl del-port tap-walled
ip link add fwbr9 type bridge forward_delay 0
ovs-vsctl add-port br-int fwln9 tag=20 -- set Interface fwln9 type=internal
ip link set tap-walled master fwbr9 up; ip link set fwln9 master fwbr9 up; ip link set fwbr9 up`,
};

/** A host with VMs behind Linux bridges: by a hybrid plug (`ids`), by a cable, and by Proxmox's firewall. */
export class Plugs {
  private constructor(
    readonly lab: Lab,
    /** The ageing time of a Linux bridge that nobody has set. */
    readonly learning: number,
  ) {}

  static async start(): Promise<Plugs> {
    const lab = await startLab({
      hosts: 1,
      vms: [
        { name: "web", host: 1, vlan: 10 },
        { name: "db", host: 1, vlan: 10 },
        { name: "ids", host: 1, vlan: 20, plug: "hybrid" },
        { name: "ids2", host: 1, vlan: 20 },
        { name: "cabled", host: 1, vlan: 20 },
        { name: "walled", host: 1, vlan: 20 },
      ],
    });
    for (const script of Object.values(OTHER_WIRING)) await lab.host(1).ovs(script);
    const learning = Number(await setting(lab, "qbr-ids/bridge/ageing_time"));
    expect(learning).to.be.above(0);
    return new Plugs(lab, learning);
  }

  /** The ageing time of a Linux bridge. */
  async ageing(bridge: string): Promise<number> {
    return Number(await setting(this.lab, `${bridge}/bridge/ageing_time`));
  }

  /** 1 if a Linux bridge snoops on IGMP and MLD, else 0. */
  async snooping(bridge: string): Promise<number> {
    return Number(await setting(this.lab, `${bridge}/bridge/multicast_snooping`));
  }

  /** The link-local frames that a port of a Linux bridge forwards. */
  mask(port: string): Promise<string> {
    return setting(this.lab, `${port}/brport/group_fwd_mask`);
  }
}

async function setting(lab: Lab, path: string): Promise<string> {
  return (await lab.host(1).ovs(`cat /sys/class/net/${path}`)).trim();
}
