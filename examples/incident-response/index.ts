import * as pulumi from "@pulumi/pulumi";
import { TapFlow, TapService } from "pulumi-taas";

// Which VM is suspect, and where the forensics team listens: any address that takes GRE. Nothing is configured there.
const config = new pulumi.Config();
const host = config.get("suspectHost") ?? "host1";
const port = config.get("suspectPort") ?? "tap-web";
const address = config.get("collector") ?? "192.0.2.200";

const forensics = new TapService("forensics", { collector: { address, type: "gre" } });

// Both directions, the first 128 bytes of each frame: who talks to whom, without what they say. The cap keeps a flood, which
// an incident may well be, off the collector; production is never touched by it. The responders' own sessions are left out.
const suspect = new TapFlow("suspect", {
  service: forensics,
  host,
  port,
  filter: "not (tcp port 22 and host 192.0.2.10)",
  snapLength: 128,
  rateLimit: { kbps: 10_000 },
});

export const key = forensics.tunnelId;
export const rules = suspect.rules;
