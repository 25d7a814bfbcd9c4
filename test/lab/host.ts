import { join } from "node:path";
import { Capture } from "./capture.js";
import { type CommandOptions, type CommandResult, must, run } from "./command.js";
import { bootHost, daemonScripts } from "./host-boot.js";
import { enterNetwork } from "./network.js";
import type { HostKeyType, HostOptions } from "./options.js";
import { bridgeCommands, type Nic, networkScript, nicsOf, tunnelFlows, vlanFlows } from "./production.js";
import { type HostSnapshot, parseSnapshot, SNAPSHOT_SCRIPT } from "./snapshot.js";
import { type SshFiles, SshListener, writeSshdConfig } from "./ssh.js";

/** What the hosts of a lab have in common. */
export interface LabFrame {
  id: string;
  directory: string;
  /** The `nsenter` words of the lab's PID namespace. */
  enter: readonly string[];
  /** Path of the packet agent. */
  agent: string;
  ssh: SshFiles;
  hostCount: number;
  nicCount: number;
  underlayMtu: number;
  tunnelPort: number | "none";
  neighbours: "known" | "unknown";
  hostKeyTypes: readonly HostKeyType[];
}

/** A compute host: namespaces with an Open vSwitch and an SSH server of its own, default paths as on a real one. */
export class LabHost {
  /** `host1`, and so on: its name in the lab's ssh_config. */
  readonly name: string;
  /** Another name of the same host there. */
  readonly alias: string;
  /** Its network namespace. */
  readonly namespace: string;
  /** Its own files: OVS's database and logs, sshd_config, sshd's log. */
  readonly directory: string;
  readonly systemId: string;
  /** Its cards on the underlay; the first carries the production tunnels. */
  readonly nics: readonly Nic[];
  private readonly peers: readonly Nic[];
  private enter: readonly string[] = [];
  private sshd: SshListener | undefined;
  private readonly flows = new Map<string, string[]>();
  private readonly vlans = new Set<number>();
  /** Shell words in front of a daemon that is started. */
  private startAs = "";

  /** Made by the lab only. */
  constructor(
    /** From 1. */
    readonly number: number,
    private readonly options: HostOptions,
    private readonly lab: LabFrame,
  ) {
    this.name = `host${number}`;
    this.alias = `${this.name}-alias`;
    this.namespace = `taas-${lab.id}-h${number}`;
    this.directory = join(lab.directory, this.name);
    this.systemId = `lab-${lab.id}-${number}`;
    this.nics = nicsOf(number, lab.nicCount);
    const others = Array.from({ length: lab.hostCount }, (_, i) => i + 1).filter((other) => other !== number);
    this.peers = others.flatMap((other) => nicsOf(other, lab.nicCount));
  }

  /** Its address on the underlay: the production tunnels' `local_ip`. */
  get address(): string {
    return this.nics[0]!.address;
  }

  /** The port on 127.0.0.1 where its SSH answers. */
  get sshPort(): number {
    if (!this.sshd) throw new Error(`${this.name}: SSH has not been started`);
    return this.sshd.port;
  }

  /** Runs a command on the host as root; a non-zero exit code is a result. */
  run(argv: readonly string[], options?: CommandOptions): Promise<CommandResult> {
    return run([...this.enter, ...argv], options);
  }

  /** Runs a line of shell on the host, such as `ovs-vsctl show`, that must succeed; resolves with what it prints. */
  ovs(line: string, options?: CommandOptions): Promise<string> {
    return must([...this.enter, "bash", "-c", line], options);
  }

  /** Runs ovs-vsctl commands, each a group of words, as one transaction. */
  async ovsVsctl(commands: readonly (readonly string[])[]): Promise<string> {
    return must([...this.enter, "ovs-vsctl", ...commands.flatMap((words) => ["--", ...words])]);
  }

  /** Adds production flows to a bridge. They come back after a restart of ovs-vswitchd, as a controller or agent brings its own back. */
  async addFlows(bridge: string, flows: readonly string[]): Promise<void> {
    this.flows.set(bridge, [...(this.flows.get(bridge) ?? []), ...flows]);
    await this.writeFlows(bridge, flows);
  }

  /** Like `addFlows`, but nothing else stays on the bridge. */
  async replaceFlows(bridge: string, flows: readonly string[]): Promise<void> {
    this.flows.set(bridge, [...flows]);
    await must([...this.enter, "ovs-ofctl", "--bundle", "replace-flows", bridge, "-"], {
      input: `${flows.join("\n")}\n`,
    });
  }

  /** What its Open vSwitch is told to do, for a comparison before and after. */
  async snapshot(): Promise<HostSnapshot> {
    return parseSnapshot(await this.ovs(SNAPSHOT_SCRIPT));
  }

  /** Captures on the underlay what this host sends (`in`, seen from the switch) and receives (`out`); `nic` counts from 1. */
  captureUnderlay(nic = 1): Promise<Capture> {
    const place = {
      enter: enterNetwork(this.lab.enter, underlayNamespace(this.lab)),
      agent: this.lab.agent,
      interface: underlayPort(this.number, nic),
      label: `underlay of ${this.name}`,
    };
    return Capture.start(place, "both");
  }

  /** Captures what reaches one of the host's devices from now on; `namespace`: where it has been moved, if anywhere. */
  captureDevice(device: string, namespace = this.namespace): Promise<Capture> {
    const { agent } = this.lab;
    const enter = enterNetwork(this.lab.enter, namespace);
    return Capture.start({ enter, agent, interface: device, label: `${device} of ${this.name}` }, "in");
  }

  /** Boots the daemons. The host's network namespace and its cards exist by now. */
  async boot(): Promise<void> {
    this.enter = await bootHost({
      enterLab: this.lab.enter,
      namespace: this.namespace,
      directory: this.directory,
      systemId: this.systemId,
      sudoCommands: this.options.sudoCommands,
    });
  }

  /** Makes bridges, production tunnels and the given ports, and brings the network up. */
  async configure(plugCommands: readonly string[][]): Promise<void> {
    const { externalIds = {}, otherConfig = {} } = this.options;
    const setting =
      (column: string) =>
      ([key, value]: [string, string]) =>
        `${column}:${key}="${value}"`;
    const settings = [
      ...Object.entries(externalIds).map(setting("external_ids")),
      ...Object.entries(otherConfig).map(setting("other_config")),
    ];
    const tunnelPeers = this.tunnelPeers;
    await this.ovsVsctl([
      ...(settings.length ? [["set", "Open_vSwitch", ".", ...settings]] : []),
      ...bridgeCommands(this.nics, tunnelPeers, this.lab.tunnelPort, this.lab.underlayMtu),
      ...plugCommands,
    ]);
    await Promise.all([
      // The card answers no ARP for its bridge: Open vSwitch would send to the card's MAC address, where nobody decapsulates.
      this.ovs(
        [
          ...this.nics.map(({ port }) => `ip link set ${port} arp off up`),
          networkScript(this.nics, this.lab.neighbours === "known" ? this.peers : []),
        ].join("\n"),
      ),
      this.addFlows("br-int", ["table=0,priority=0,actions=NORMAL"]),
      this.addFlows("br-tun", tunnelFlows(tunnelPeers)),
    ]);
  }

  /** Lets the VLANs cross the production tunnels. */
  async carryVlans(vlans: readonly number[]): Promise<void> {
    const fresh = vlans.filter((vlan) => !this.vlans.has(vlan));
    for (const vlan of fresh) this.vlans.add(vlan);
    const flows = [...new Set(fresh)].flatMap((vlan) => vlanFlows(vlan, this.tunnelPeers));
    if (flows.length) await this.addFlows("br-tun", flows);
  }

  /** Starts to answer SSH. */
  async startSsh(port: number): Promise<void> {
    const sshdConfig = await writeSshdConfig(this.lab.ssh, {
      name: this.name,
      directory: this.directory,
      keyTypes: this.lab.hostKeyTypes,
      extra: this.options.sshd ?? [],
    });
    const log = join(this.directory, "sshd.log");
    this.sshd = await SshListener.start({
      enterLab: this.lab.enter,
      enterHost: this.enter,
      port,
      sshdConfig,
      log,
    });
  }

  /** Makes the host unreachable: ends its SSH connections and refuses new ones. `startSsh` undoes it. */
  async stopSsh(): Promise<void> {
    await this.sshd?.stop();
    this.sshd = undefined;
  }

  /** Gives the host new keys; known_hosts still names the old ones. */
  async replaceHostKeys(): Promise<void> {
    await this.lab.ssh.createHostKeys(this.name, this.lab.hostKeyTypes);
  }

  /** Kills ovs-vswitchd, as a crash does. */
  async killVswitchd(): Promise<void> {
    await this.ovs(daemonScripts.end("ovs-vswitchd", "KILL"));
  }

  /** Starts ovs-vswitchd. Production's flows and addresses come back; other flows, groups and meters do not, and port numbers can change. */
  async startVswitchd(): Promise<void> {
    await this.ovs(this.startAs + daemonScripts.startVswitchd);
    await this.ovs(networkScript(this.nics, this.peers));
    await Promise.all([...this.flows].map(([bridge, flows]) => this.writeFlows(bridge, flows)));
  }

  /** Ends and starts ovs-vswitchd; see `startVswitchd` for what is lost. */
  async restartVswitchd(): Promise<void> {
    await this.ovs(daemonScripts.end("ovs-vswitchd", "TERM"));
    await this.startVswitchd();
  }

  /** Kills ovsdb-server, as a crash does. */
  async killOvsdbServer(): Promise<void> {
    await this.ovs(daemonScripts.end("ovsdb-server", "KILL"));
  }

  /** Starts ovsdb-server on the database as it stands. */
  async startOvsdbServer(): Promise<void> {
    await this.ovs(this.startAs + daemonScripts.startOvsdbServer);
  }

  /** Ends both daemons and starts them, now and from then on, with this group and umask, as systemd's Group= and UMask= do. */
  async restartAs({ group, umask }: { group: string; umask: string }): Promise<void> {
    this.startAs = `umask ${umask}; setpriv --regid=${group} --clear-groups `;
    await this.ovs(daemonScripts.end("ovs-vswitchd", "TERM"));
    await this.ovs(daemonScripts.end("ovsdb-server", "TERM"));
    await this.startOvsdbServer();
    await this.startVswitchd();
  }

  private get tunnelPeers(): readonly Nic[] {
    return this.lab.tunnelPort === "none" ? [] : this.peers.filter(({ bridge }) => bridge === "br-phy");
  }

  private async writeFlows(bridge: string, flows: readonly string[]): Promise<void> {
    await must([...this.enter, "ovs-ofctl", "add-flows", bridge, "-"], { input: `${flows.join("\n")}\n` });
  }
}

/** The namespace with the switch between the hosts. */
export function underlayNamespace(lab: { id: string }): string {
  return `taas-${lab.id}-net`;
}

/** Name of a host's card at the switch's end. */
export function underlayPort(host: number, nic: number): string {
  return `h${host}nic${nic}`;
}
