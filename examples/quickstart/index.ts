import * as pulumi from "@pulumi/pulumi";
import { TapFlow, TapService } from "pulumi-taas";

// Where the monitor and the tapped VM are. The names of the hosts stand in the stack's inventory (taas:hosts) or in
// your ssh_config; the ports are what `ovs-vsctl list-ports br-int` shows on them.
const config = new pulumi.Config();
const monitorHost = config.get("monitorHost") ?? "host2";
const monitorPort = config.get("monitorPort") ?? "tap-ids";
const sourceHost = config.get("sourceHost") ?? "host1";
const sourcePort = config.get("sourcePort") ?? "tap-web";

// This VM becomes the monitor: its port moves to br-tap, where nothing but copies arrives.
const ids = new TapService("ids", { host: monitorHost, port: monitorPort });

// This VM is tapped in both directions. The mirror tunnel to the monitor's host exists while a flow uses it.
const web = new TapFlow("web", { service: ids, host: sourceHost, port: sourcePort });

export const tunnelId = ids.tunnelId;
export const rules = web.rules;
export const status = web.status;
