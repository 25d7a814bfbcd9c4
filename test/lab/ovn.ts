import type { LabHost } from "./host.js";
import type { Vm } from "./vm.js";

const RUN = "/run/ovn";

const DAEMON = "--detach --no-chdir -vconsole:off";

/** OVN on a lab host: both databases, ovn-northd, and an ovn-controller that owns `br-int` from then on. */
export class Ovn {
  private constructor(private readonly host: LabHost) {}

  /** Starts it with one logical switch that these VMs of the host are on; resolves when they are bound. To undefined, having said so, where it is not installed. */
  static async start(host: LabHost, vms: readonly Vm[]): Promise<Ovn | undefined> {
    if ((await host.ovs("command -v ovn-northd || true")) === "") {
      console.log("      OVN is not installed on this machine");
      return undefined;
    }
    const ovn = new Ovn(host);
    await host.ovs(`
set -e
mkdir -p ${RUN}
for db in nb sb; do
  ovsdb-tool create ${RUN}/$db.db /usr/share/ovn/ovn-$db.ovsschema
  ovsdb-server ${DAEMON} --pidfile=${RUN}/$db.pid --unixctl=${RUN}/$db.ctl --remote=punix:${RUN}/ovn\${db}_db.sock ${RUN}/$db.db
done
ovn-northd ${DAEMON} --pidfile --ovnnb-db=unix:${RUN}/ovnnb_db.sock --ovnsb-db=unix:${RUN}/ovnsb_db.sock
ovs-vsctl set Open_vSwitch . external_ids:ovn-remote=unix:${RUN}/ovnsb_db.sock \\
  external_ids:ovn-bridge-datapath-type=netdev external_ids:ovn-encap-type=geneve external_ids:ovn-encap-ip=${host.address}`);
    await ovn.startController();
    await ovn.nbctl("ls-add", "net");
    for (const { ifaceId, mac } of vms) {
      await ovn.nbctl("lsp-add", "net", ifaceId, "--", "lsp-set-addresses", ifaceId, mac);
    }
    await ovn.sync();
    return ovn;
  }

  /** Waits until the host is as the databases say. */
  async sync(): Promise<void> {
    await this.nbctl("--timeout=20", "--wait=hv", "sync");
  }

  /** Ends ovn-controller and starts it, which writes all rules of `br-int` anew. */
  async restartController(): Promise<void> {
    await this.host.ovs(`
pid=$(cat ${RUN}/ovn-controller.pid)
ovn-appctl --target=ovn-controller exit --restart
while [ -e "/proc/$pid/stat" ]; do sleep 0.01; done`);
    await this.startController();
    await this.sync();
  }

  /** Whether a VM's logical port is bound to the host. */
  async isBound({ ifaceId }: Vm): Promise<boolean> {
    await this.sync();
    const query = `--db=unix:${RUN}/ovnsb_db.sock --bare --columns=chassis find Port_Binding logical_port=${ifaceId}`;
    return (await this.host.ovs(`ovn-sbctl ${query}`)).trim() !== "";
  }

  private async startController(): Promise<void> {
    await this.host.ovs(`ovn-controller ${DAEMON} --pidfile unix:/run/openvswitch/db.sock`);
  }

  private async nbctl(...words: readonly string[]): Promise<void> {
    await this.host.ovs(`ovn-nbctl --db=unix:${RUN}/ovnnb_db.sock ${words.join(" ")}`);
  }
}
