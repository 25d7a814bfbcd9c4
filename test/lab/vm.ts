import { createHash } from "node:crypto";
import { Capture } from "./capture.js";
import { type CommandOptions, type CommandResult, must, run } from "./command.js";
import type { EthernetHeader, IpHeader } from "./frames.js";
import type { LabHost } from "./host.js";
import { type Cable, enterNetwork, SILENCE_IPV6 } from "./network.js";
import type { VmOptions } from "./options.js";
import type { Place } from "./place.js";
import { Sender } from "./sender.js";

/** A VM of the lab; see `VmOptions`. */
export class Vm {
  readonly name: string;
  readonly mac: string;
  readonly ip: string;
  readonly vlan: number | undefined;
  readonly trunk: readonly number[] | undefined;
  readonly ifaceId: string;
  readonly vmUuid: string;
  readonly mtu: number;
  readonly stack: "silent" | "kernel";
  readonly wiring: "direct" | "hybrid";
  /** Its port on `br-int`. */
  readonly port: string;
  /** The host's end of its cable; the same as `port` unless it is plugged in through a Linux bridge. */
  readonly tap: string;
  /** Its network namespace; the interface in it is `eth0`. */
  readonly namespace: string;
  /** Where its packets pass. */
  readonly place: Place;
  private readonly sender: Sender;

  /** `number` counts the lab's VMs from 1, for the addresses. Made by the lab only. */
  constructor(
    options: VmOptions,
    readonly host: LabHost,
    number: number,
    lab: { id: string; enter: readonly string[]; agent: string },
  ) {
    const { name } = options;
    if (!/^[a-z0-9-]{1,11}$/.test(name)) throw new Error(`VM name ${name}: 1 to 11 of a-z, 0-9 and -`);
    this.name = name;
    this.mac = options.mac ?? `fa:16:3e:00:00:${number.toString(16).padStart(2, "0")}`;
    this.ip = options.ip ?? `198.51.100.${100 + number}`;
    this.trunk = options.trunk;
    this.vlan = options.trunk ? undefined : (options.vlan ?? 10);
    this.ifaceId = options.ifaceId ?? uuidFrom(`iface ${name}`);
    this.vmUuid = options.vmUuid ?? uuidFrom(`vm ${name}`);
    this.mtu = options.mtu ?? 1450;
    this.stack = options.stack ?? "silent";
    this.wiring = options.plug ?? "direct";
    this.tap = `tap-${name}`;
    this.port = this.wiring === "direct" ? this.tap : `qvo-${name}`;
    this.namespace = `taas-${lab.id}-vm-${name}`;
    const enter = enterNetwork(lab.enter, this.namespace);
    this.place = { enter, agent: lab.agent, interface: "eth0", label: `VM ${name}` };
    this.sender = new Sender(this.place);
  }

  /** The VLANs that this VM makes known to the production tunnels. */
  get vlans(): readonly number[] {
    return this.trunk ?? [this.vlan!];
  }

  /** Sends raw Ethernet frames out of the VM, in order; resolves when they have left it. The userspace datapath may change the order
   *  of frames of different flows that it takes in at once. */
  async send(frames: readonly Buffer[]): Promise<void> {
    await this.sender.send(frames);
  }

  /** Captures what reaches the VM from now on, VLAN tags included. */
  capture(): Promise<Capture> {
    return Capture.start(this.place, "in");
  }

  /** Runs a program inside the VM. */
  run(argv: readonly string[], options?: CommandOptions): Promise<CommandResult> {
    return run([...this.place.enter, ...argv], options);
  }

  /** The cable between the VM and its host. */
  get cable(): Cable {
    const inside = { namespace: this.namespace, name: "eth0", mac: this.mac };
    return { ends: [inside, { namespace: this.host.namespace, name: this.tap }], mtu: this.mtu };
  }

  /** Brings the VM's own side up. */
  async boot(): Promise<void> {
    const kernel = [
      "ip link set lo up",
      // OVS reads from this cable what the kernel has not finished: checksums must be in the packets already.
      "ethtool -K eth0 tx off tso off gso off gro off > /dev/null",
      `ip address add ${this.ip}/24 dev eth0`,
    ];
    const script = [
      "set -e",
      SILENCE_IPV6,
      ...(this.stack === "kernel" ? kernel : []),
      "ip link set eth0 up",
    ];
    await must([...this.place.enter, "bash"], { input: script.join("\n") });
  }

  /** The shell lines that make the host's side of its cable ready to be plugged in. */
  get wireScript(): string {
    const { name, tap, port, mtu } = this;
    if (this.wiring === "direct") return `ip link set ${tap} up\n`;
    return `
ip link add qbr-${name} type bridge forward_delay 0 mcast_snooping 0
ip link add qvb-${name} mtu ${mtu} type veth peer name ${port} mtu ${mtu}
ip link set ${tap} master qbr-${name} up
ip link set qvb-${name} master qbr-${name} up
ip link set qbr-${name} up
ip link set ${port} up
`;
  }

  /** The ovs-vsctl commands that plug it in, with what Neutron and libvirt write there; each a group of words. */
  get plugCommands(): string[][] {
    const vlan = this.trunk
      ? this.trunk.length
        ? [`trunks=${this.trunk.join(",")}`]
        : []
      : [`tag=${this.vlan}`];
    const ids = {
      "iface-id": this.ifaceId,
      "attached-mac": this.mac,
      "vm-uuid": this.vmUuid,
      "iface-status": "active",
    };
    const externalIds = Object.entries(ids).map(([key, value]) => `external_ids:${key}="${value}"`);
    return [
      ["add-port", "br-int", this.port, ...vlan],
      ["set", "Interface", this.port, ...externalIds],
    ];
  }

  /** Takes the VM's port off `br-int`, as a stopped VM's is; its namespace stays. */
  async unplug(): Promise<void> {
    await this.host.ovsVsctl([["del-port", this.port]]);
  }

  /** Plugs the VM's port in again, as a started VM's is: new rows, the same identifiers. */
  async plug(): Promise<void> {
    await this.host.ovsVsctl(this.plugCommands);
  }
}

/** Ethernet and IP addresses of a packet from one VM to another, for the builders of frames. */
export function between(from: Vm, to: Vm): EthernetHeader & IpHeader {
  return { source: from.mac, destination: to.mac, sourceIp: from.ip, destinationIp: to.ip };
}

function uuidFrom(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
