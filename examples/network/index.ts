import { Config } from "@pulumi/pulumi";
import { MirrorTunnel, TapGroup, TapService } from "pulumi-taas";

const config = new Config();
const hosts = ["host1", "host2", "host3"];

const mesh = new MirrorTunnel("mesh", { hosts, mode: "mesh" });
const ids = new TapService("ids", { host: "host2", port: "tap-ids" });

// All VMs of a Neutron network, those that come later too, but for the name servers and one VM that must not be copied.
const office = new TapGroup("office", {
  service: ids,
  tunnel: mesh,
  hosts,
  ports: {
    network: config.get("network") ?? "0e4f8f6e-3a52-4b1f-9d0e-1f6f6f0a7c11",
    except: [{ externalIds: { "vm-type": "dns" } }, { ifaceId: config.get("private") ?? "none" }],
  },
  snapLength: 128,
});

export const tapped = office.flows.map((flow) => flow.portNames);
export const states = office.flows.map((flow) => flow.status);
