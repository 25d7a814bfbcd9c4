import { randomBytes } from "node:crypto";
import { chmod, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LabFrame, LabHost, underlayPort } from "./host.js";
import { createNetwork, joinUnderlay } from "./network.js";
import type { LabOptions, VmOptions } from "./options.js";
import { freeBasePort, SshFiles } from "./ssh.js";
import { Vm } from "./vm.js";
import { Watchdog } from "./watchdog.js";

/** A running lab. It ends with `stop`, or when the process that started it does, however that ends. */
export class Lab {
  private readonly vmsByName = new Map<string, Vm>();

  private constructor(
    /** Part of all its names: namespaces are `taas-<id>-...`. */
    readonly id: string,
    /** Everything the lab writes is here; goes with it. */
    readonly directory: string,
    readonly ssh: SshFiles,
    readonly hosts: readonly LabHost[],
    private readonly enter: readonly string[],
    private readonly watchdog: Watchdog,
  ) {}

  /** Use `startLab`. */
  static async start(options: LabOptions): Promise<Lab> {
    if (process.getuid?.() !== 0) throw new Error("the lab makes namespaces and must be started as root");
    const {
      hosts = 3,
      vms = [],
      underlayMtu = 1500,
      nics = 1,
      hostKeyTypes = ["ed25519", "ecdsa"],
    } = options;
    const hostOptions = typeof hosts === "number" ? Array.from({ length: hosts }, () => ({})) : hosts;
    const id = randomBytes(3).toString("hex");
    const directory = await mkdtemp(join(tmpdir(), `taas-${id}-`));
    await chmod(directory, 0o755); // users other than root log in with keys that are in it
    const ssh = new SshFiles(join(directory, "ssh"));
    const watchdog = await Watchdog.start(id, directory);
    try {
      const frame: LabFrame = {
        id,
        directory,
        enter: watchdog.enter,
        ssh,
        hostCount: hostOptions.length,
        nicCount: nics,
        tunnelPort: options.productionTunnels ?? 4789,
        hostKeyTypes,
      };
      const labHosts = hostOptions.map((each, index) => new LabHost(index + 1, each, frame));
      const lab = new Lab(id, directory, ssh, labHosts, watchdog.enter, watchdog);
      await lab.boot(vms, underlayMtu, nics, options);
      return lab;
    } catch (error) {
      await watchdog.stop();
      throw error;
    }
  }

  /** Path of an ssh_config that knows every host: `ssh -F <path> host1`. */
  get sshConfig(): string {
    return this.ssh.config;
  }

  /** Path of the known_hosts file with every host's keys. */
  get knownHosts(): string {
    return this.ssh.knownHosts;
  }

  get vms(): readonly Vm[] {
    return [...this.vmsByName.values()];
  }

  /** Host K, from 1. */
  host(number: number): LabHost {
    const host = this.hosts[number - 1];
    if (!host) throw new Error(`the lab has no host ${number}`);
    return host;
  }

  /** The VM of that name. */
  vm(name: string): Vm {
    const vm = this.vmsByName.get(name);
    if (!vm) throw new Error(`the lab has no VM ${name}`);
    return vm;
  }

  /** Boots one more VM. */
  async addVm(options: VmOptions): Promise<Vm> {
    const vm = this.makeVm(options);
    await createNetwork([vm.namespace], [vm.cable]);
    await vm.boot();
    await vm.host.ovs(`ip link set ${vm.port} up`);
    await vm.plug();
    await Promise.all(this.hosts.map((host) => host.carryVlans(vm.vlans)));
    return vm;
  }

  /** Ends all its processes, removes its namespaces and its directory. Idempotent. */
  async stop(): Promise<void> {
    await this.watchdog.stop();
  }

  private makeVm(options: VmOptions): Vm {
    if (this.vmsByName.has(options.name)) throw new Error(`the lab has a VM ${options.name} already`);
    const vm = new Vm(options, this.host(options.host), this.vmsByName.size + 1, {
      id: this.id,
      enter: this.enter,
    });
    this.vmsByName.set(vm.name, vm);
    return vm;
  }

  private async boot(
    vmOptions: readonly VmOptions[],
    underlayMtu: number,
    nics: number,
    options: LabOptions,
  ): Promise<void> {
    const { hosts, ssh } = this;
    const vms = vmOptions.map((each) => this.makeVm(each));
    const underlay = `taas-${this.id}-net`;
    const cards = Array.from({ length: nics }, (_, index) => index + 1);
    await createNetwork(
      [underlay, ...[...hosts, ...vms].map(({ namespace }) => namespace)],
      [
        ...vms.map(({ cable }) => cable),
        ...hosts.flatMap((host) =>
          cards.map((nic) => ({
            ends: [
              { namespace: underlay, name: underlayPort(host.number, nic) },
              { namespace: host.namespace, name: `nic${nic}` },
            ] as [{ namespace: string; name: string }, { namespace: string; name: string }],
            mtu: underlayMtu,
          })),
        ),
      ],
    );
    const networks = cards.map((nic) => hosts.map(({ number }) => underlayPort(number, nic)));
    const types = options.hostKeyTypes ?? ["ed25519", "ecdsa"];
    const vlans = vms.flatMap((vm) => vm.vlans);
    await Promise.all([
      joinUnderlay(this.enter, underlay, networks, underlayMtu),
      ...vms.map((vm) => vm.boot()),
      ssh.createIdentity(),
      ...hosts.map(({ name }) => ssh.createHostKeys(name, types)),
      ...hosts.map(async (host) => {
        const own = vms.filter((vm) => vm.host === host);
        await host.boot();
        await host.ovs(own.map((vm) => `ip link set ${vm.port} up`).join("\n") || "true");
        await host.configure(own.flatMap((vm) => vm.plugCommands));
        await host.carryVlans(vlans);
      }),
    ]);
    await this.listen(options.basePort);
    await ssh.write(
      hosts.map(({ name, sshPort }) => ({ name, port: sshPort })),
      types,
    );
  }

  private async listen(given: number | undefined): Promise<void> {
    if (given !== undefined) {
      await Promise.all(this.hosts.map((host) => host.startSsh(given + host.number)));
      return;
    }
    for (let from = 2200; ; from += 100) {
      from = await freeBasePort(this.hosts.length, from);
      try {
        await Promise.all(this.hosts.map((host) => host.startSsh(from + host.number)));
        return;
      } catch (error) {
        // Another lab took a port between our look and our listening.
        if (!String(error).includes("Address already in use")) throw error;
        await Promise.all(this.hosts.map((host) => host.stopSsh()));
      }
    }
  }
}

/** Boots a lab; see `LabOptions`. Needs root and the packages that `scripts/setup.sh` installs. */
export function startLab(options: LabOptions = {}): Promise<Lab> {
  return Lab.start(options);
}
