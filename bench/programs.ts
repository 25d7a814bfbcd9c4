import { join } from "node:path";
import { repositoryRoot } from "../test/engine/fixtureProject";
import type { Login } from "./client";
import { type Cloud, monitors, type TappedVm, tappedVms } from "./cloud";

/** A program that taps the cloud with this package. */
export function tapProgram(cloud: Cloud): string {
  const hosts = hostNumbers(cloud).map((host) => `host${host}`);
  const mesh = `new MirrorTunnel("mesh", { hosts: ${JSON.stringify(hosts)}, mode: "mesh" })`;
  return `
import { MirrorTunnel, TapFlow, TapService } from "pulumi-taas";
const mesh = ${cloud.tunnels === "mesh" ? mesh : "undefined"};
const services: Record<string, TapService> = {};
for (const [name, host] of ${JSON.stringify([...monitors(cloud)])} as [string, number][])
  services[name] = new TapService(name, { host: "host" + host, port: "tap-" + name });
for (const { vm, host, monitor, monitorHost } of ${JSON.stringify(tappedVms(cloud))}) {
  const tunnel = host === monitorHost ? undefined : mesh;
  new TapFlow(vm, { service: services[monitor], host: "host" + host, port: "tap-" + vm, tunnel });
}
`;
}

/** The same in YAML, by the plugin: the files of its project. */
export function yamlProgram(cloud: Cloud): Record<string, string> {
  const services = [...monitors(cloud)].map(([name, host]) => [
    name,
    { type: "taas:TapService", properties: { host: `host${host}`, port: `tap-${name}` } },
  ]);
  const flows = tappedVms(cloud).map(({ vm, host, monitor }) => [
    vm,
    {
      type: "taas:TapFlow",
      properties: { service: `\${${monitor}.ref}`, host: `host${host}`, port: `tap-${vm}` },
    },
  ]);
  const packages = { taas: join(repositoryRoot(), "plugin") };
  const resources = Object.fromEntries([...services, ...flows]);
  // What is JSON is YAML.
  return { "Pulumi.yaml": JSON.stringify({ name: "fixture", runtime: "yaml", packages, resources }) };
}

function hostNumbers({ hosts }: Cloud): number[] {
  return Array.from({ length: hosts }, (_, index) => index + 1);
}

/** The same number of dynamic resources, with the same dependencies, that do nothing: what Pulumi itself costs. */
export function idleProgram(cloud: Cloud): string {
  const provider = `
const provider: pulumi.dynamic.ResourceProvider = {
  async create(inputs) {
    return { id: inputs.port, outs: inputs };
  },
};`;
  return dynamicProgram(cloud, provider, `host: "host" + host`);
}

/**
 * The same number of dynamic resources, with the same dependencies, that do the least there is to do on the hosts of each
 * tap: one connection a host, a record written and seen by ovs-vswitchd, read at a refresh. No look at what is there, no rule,
 * no Mirror.
 */
export function leastProgram(cloud: Cloud, logins: readonly Login[]): string {
  const least = `require(${JSON.stringify(require.resolve("./least"))})`;
  const provider = `
const logins = ${JSON.stringify(logins)};
const provider: pulumi.dynamic.ResourceProvider = {
  async create(inputs) {
    const write = (host: number) => ${least}.write(logins[host - 1], inputs.port);
    if (inputs.port === "mesh") await Promise.all(inputs.hosts.map(write));
    else for (const host of inputs.hosts) await write(host);
    return { id: inputs.port, outs: inputs };
  },
  async read(id, props) {
    await Promise.all(props.hosts.map((host: number) => ${least}.read(logins[host - 1])));
    return { id, props };
  },
  async delete(id, props) {
    const remove = (host: number) => ${least}.remove(logins[host - 1], props.port);
    if (props.port === "mesh") await Promise.all(props.hosts.map(remove));
    else for (const host of props.hosts) await remove(host);
  },
};`;
  return dynamicProgram(cloud, provider, "hosts: [...new Set([monitorHost, host])]");
}

/**
 * A program of a dynamic resource for each tap and monitor. `provider`: what defines theirs; `place`: the argument that says
 * which hosts they are on.
 */
function dynamicProgram(cloud: Cloud, provider: string, place: string): string {
  return `
import * as pulumi from "@pulumi/pulumi";${provider}
class Tap extends pulumi.dynamic.Resource {
  constructor(name: string, args: pulumi.Inputs) {
    super(provider, name, args);
  }
}
const mesh = ${cloud.tunnels === "mesh" ? `new Tap("mesh", { hosts: ${JSON.stringify(hostNumbers(cloud))}, port: "mesh" })` : "undefined"};
const services: Record<string, Tap> = {};
for (const [name, monitorHost] of ${JSON.stringify([...monitors(cloud)])} as [string, number][]) {
  const host = monitorHost;
  services[name] = new Tap(name, { ${place}, port: "tap-" + name });
}
for (const { vm, host, monitor, monitorHost } of ${JSON.stringify(tappedVms(cloud))})
  new Tap(vm, { service: services[monitor].id, ${place}, port: "tap-" + vm, tunnel: host === monitorHost ? undefined : mesh?.id });
`;
}

/**
 * The taps as people make them without this package: a dynamic resource each, which logs in on the monitor's host and on
 * the tapped VM's, and runs a script of ovs-vsctl and ovs-ofctl lines there. It only knows how to create.
 */
export function scriptProgram(cloud: Cloud, ssh: { ports: readonly number[]; identity: string }): string {
  return `
import * as pulumi from "@pulumi/pulumi";
async function run(port: number, script: string): Promise<void> {
  const { Client } = require("ssh2");
  const client = new Client();
  await new Promise((resolve, reject) => {
    client.once("ready", resolve).once("error", reject);
    const privateKey = require("fs").readFileSync(${JSON.stringify(ssh.identity)});
    client.connect({ host: "127.0.0.1", port, username: "root", privateKey });
  });
  try {
    await new Promise<void>((resolve, reject) =>
      client.exec(script, (error: Error | undefined, channel: any) => {
        if (error) return reject(error);
        let text = "";
        let code = -1;
        channel.on("data", (chunk: Buffer) => (text += chunk));
        channel.stderr.on("data", (chunk: Buffer) => (text += chunk));
        channel.on("exit", (exit: number) => (code = exit));
        channel.on("close", () => (code === 0 ? resolve() : reject(new Error(text))));
      }),
    );
  } finally {
    client.end();
  }
}
const provider: pulumi.dynamic.ResourceProvider = {
  async create(tap) {
    for (const { port, script } of tap.scripts) await run(port, script);
    return { id: tap.vm, outs: tap };
  },
};
class Tap extends pulumi.dynamic.Resource {
  constructor(name: string, args: pulumi.Inputs) {
    super(provider, name, args);
  }
}
for (const tap of ${JSON.stringify(scriptedTaps(cloud, ssh.ports))}) new Tap(tap.vm, tap);
`;
}

interface ScriptedTap {
  vm: string;
  scripts: { port: number; script: string }[];
}

/** The scripts of every tap, far end first, as in this package. */
function scriptedTaps(cloud: Cloud, ports: readonly number[]): ScriptedTap[] {
  return tappedVms(cloud).map((tap, index) => {
    const across = tap.host !== tap.monitorHost;
    const near = { port: ports[tap.host - 1]!, script: sourceScript(tap, index + 1) };
    const far = { port: ports[tap.monitorHost - 1]!, script: monitorScript(tap, index + 1) };
    return { vm: tap.vm, scripts: across ? [far, near] : [near] };
  });
}

const TAP_BRIDGE =
  "ovs-vsctl --may-exist add-br br-tap -- set Bridge br-tap datapath_type=netdev fail_mode=secure";

function tunnel(here: number, there: number): string {
  const [local, remote] = [here, there].map((host) => `192.0.2.${10 + host}`);
  const options = `options:local_ip=${local} options:remote_ip=${remote} options:key=flow options:dst_port=14789`;
  return `ovs-vsctl --may-exist add-port br-tap tun${there} -- set Interface tun${there} type=vxlan ${options}`;
}

/** Moves a monitor to the tap bridge unless it is there, or another script is faster. */
function move(monitor: string): string {
  const there = `[ "$(ovs-vsctl iface-to-br tap-${monitor})" = br-tap ]`;
  const go = `ovs-vsctl del-port br-int tap-${monitor} -- add-port br-tap tap-${monitor} 2> /dev/null`;
  return `${there} || ${go} || ${there}`;
}

function number(port: string): string {
  return `$(ovs-vsctl get Interface ${port} ofport)`;
}

function monitorScript({ host, monitor, monitorHost }: TappedVm, id: number): string {
  return `set -e
${TAP_BRIDGE}
${move(monitor)}
${tunnel(monitorHost, host)}
ovs-ofctl add-flow br-tap "in_port=${number(`tun${host}`)},tun_id=${id},actions=output:${number(`tap-${monitor}`)}"`;
}

function sourceScript({ vm, host, monitor, monitorHost }: TappedVm, id: number): string {
  const across = host !== monitorHost;
  const out = across ? `tun${monitorHost}` : `tap-${monitor}`;
  return `set -e
${TAP_BRIDGE}
${across ? tunnel(host, monitorHost) : move(monitor)}
ovs-vsctl add-port br-int mi${id} -- set Interface mi${id} type=patch options:peer=mt${id} \\
  -- set Port mi${id} vlan_mode=trunk trunks=4095
ovs-vsctl add-port br-tap mt${id} -- set Interface mt${id} type=patch options:peer=mi${id}
ovs-vsctl -- --id=@vm get Port tap-${vm} -- --id=@out get Port mi${id} \\
  -- --id=@mirror create Mirror name=m${id} select_src_port=@vm select_dst_port=@vm output_port=@out \\
  -- add Bridge br-int mirrors @mirror
ovs-ofctl add-flow br-tap "in_port=${number(`mt${id}`)},actions=strip_vlan,set_field:${id}->tun_id,output:${number(out)}"`;
}
