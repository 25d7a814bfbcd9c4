import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import * as pulumi from "@pulumi/pulumi";

// Two small stand-ins for a cloud, so that this example runs without one. On OpenStack they are `networking.Port` and
// `compute.Instance`; what os-vif and libvirt then do on the compute host is what `plug` does here.

const sshConfig = new pulumi.Config("taas").get("sshConfig") ?? process.env.TAAS_SSH_CONFIG ?? "";

interface ServerInputs {
  name: string;
  host: string;
  port: string;
  vlan: number;
  image: string;
  sshConfig: string;
}

/** Runs a line of shell on a compute host. */
async function on(server: ServerInputs, line: string): Promise<void> {
  const config = server.sshConfig === "" ? [] : ["-F", server.sshConfig];
  await promisify(execFile)("ssh", [...config, server.host, line]);
}

/** The VM's device goes into br-int, with the port's id on it. Like a real cloud, a moment after the launch. */
async function plug(server: ServerInputs): Promise<void> {
  const device = `tap-${server.name}`;
  const command = [
    `ovs-vsctl --may-exist add-port br-int ${device} tag=${server.vlan}`,
    `-- set Interface ${device} external_ids:iface-id=${server.port} external_ids:iface-status=active`,
  ].join(" ");
  await on(server, `(sleep 2; ${command}) > /dev/null 2>&1 < /dev/null &`);
}

const portProvider: pulumi.dynamic.ResourceProvider = {
  async create(inputs) {
    return { id: randomUUID(), outs: inputs };
  },
};

const serverProvider: pulumi.dynamic.ResourceProvider = {
  async create(inputs: ServerInputs) {
    await plug(inputs);
    return { id: randomUUID(), outs: inputs };
  },
  async diff(_id, olds: ServerInputs, news: ServerInputs) {
    const replaces = (["name", "host", "port", "vlan", "image"] as const).filter(
      (key) => olds[key] !== news[key],
    );
    return { changes: replaces.length > 0, replaces, deleteBeforeReplace: true };
  },
  async delete(_id, outs: ServerInputs) {
    await on(outs, `ovs-vsctl --if-exists del-port tap-${outs.name}`);
  },
};

/** A port of the cloud's network, not yet on any host. Its id becomes the `iface-id` of the device that is plugged for it. */
export class CloudPort extends pulumi.dynamic.Resource {
  declare readonly vlan: pulumi.Output<number>;

  constructor(name: string, args: { vlan: pulumi.Input<number> }) {
    super(portProvider, name, { ...args }, {}, "cloud", "Port");
  }
}

/** A VM that is launched on a host with a port. */
export class CloudServer extends pulumi.dynamic.Resource {
  constructor(
    name: string,
    args: {
      host: pulumi.Input<string>;
      port: pulumi.Input<string>;
      vlan: pulumi.Input<number>;
      image: pulumi.Input<string>;
    },
  ) {
    super(serverProvider, name, { ...args, name, sshConfig }, {}, "cloud", "Server");
  }
}
