import { parseArgs } from "node:util";
import { type Lab, startLab } from "./lab.js";
import type { VmOptions } from "./options.js";

const USAGE = `Usage: node dist/test/lab/cli.js up [options]

Boots a lab, prints one line of JSON that says where everything is, and keeps it until standard input ends or SIGINT comes.

  --hosts <n>        how many compute hosts (default 3)
  --nics <1|2>       network cards of each (default 1)
  --mtu <bytes>      of the network between them (default 1500)
  --base-port <p>    host K's SSH answers on 127.0.0.1, port p+K (default: a free one)
  --vm <settings>    a VM, such as name=web,host=1,vlan=10; repeat for more.
                     Settings: name, host, vlan, trunk (VLANs joined by +), mac, ip, ifaceId, vmUuid, mtu, stack, plug
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      hosts: { type: "string", default: "3" },
      nics: { type: "string", default: "1" },
      mtu: { type: "string", default: "1500" },
      "base-port": { type: "string" },
      vm: { type: "string", multiple: true, default: [] },
    },
  });
  if (positionals.length !== 1 || positionals[0] !== "up") throw new Error(USAGE);
  const basePort = values["base-port"];
  const lab = await startLab({
    hosts: Number(values.hosts),
    nics: values.nics === "2" ? 2 : 1,
    underlayMtu: Number(values.mtu),
    vms: values.vm.map(parseVm),
    ...(basePort === undefined ? {} : { basePort: Number(basePort) }),
  });
  process.stdout.write(`${JSON.stringify(describe(lab))}\n`);
  await Promise.race([ended(process.stdin), signalled("SIGINT"), signalled("SIGTERM")]);
  await lab.stop();
  process.stdin.destroy(); // an open standard input would keep this process alive
}

/** `name=web,host=1,vlan=10` as the options of a VM. */
function parseVm(text: string): VmOptions {
  const settings = Object.fromEntries(
    text.split(",").map((setting) => {
      const at = setting.indexOf("=");
      if (at < 1) throw new Error(`--vm ${text}: ${setting} is not <key>=<value>\n\n${USAGE}`);
      const [key, value] = [setting.slice(0, at), setting.slice(at + 1)];
      if (key === "trunk") return [key, value === "" ? [] : value.split("+").map(Number)];
      return [key, ["host", "vlan", "mtu"].includes(key) ? Number(value) : value];
    }),
  ) as Partial<VmOptions>;
  const { name, host } = settings;
  if (name === undefined || host === undefined)
    throw new Error(`--vm ${text}: name and host are needed\n\n${USAGE}`);
  return { ...settings, name, host };
}

/** Where everything of a lab is, as plain JSON. */
function describe(lab: Lab): object {
  return {
    id: lab.id,
    directory: lab.directory,
    sshConfig: lab.sshConfig,
    knownHosts: lab.knownHosts,
    hosts: lab.hosts.map(({ name, alias, namespace, sshPort, address, directory }) => {
      return { name, alias, namespace, sshPort, address, directory };
    }),
    vms: lab.vms.map(({ name, host, namespace, port, mac, ip, vlan, trunk, ifaceId, vmUuid }) => {
      return {
        name,
        host: host.name,
        namespace,
        interface: "eth0",
        port,
        mac,
        ip,
        vlan,
        trunk,
        ifaceId,
        vmUuid,
      };
    }),
  };
}

function ended(stream: NodeJS.ReadStream): Promise<void> {
  return new Promise((resolve) =>
    stream.on("end", resolve).on("close", resolve).on("error", resolve).resume(),
  );
}

function signalled(signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => process.once(signal, () => resolve()));
}

main().catch((error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
