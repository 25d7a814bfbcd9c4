import { TapFlow, TapService } from "pulumi-taas";

// Three sensors on one host. Both directions of a conversation reach the same one, by a hash of addresses and ports, and
// those of a sensor that is down go to the others.
const farm = new TapService("farm", {
  host: "host2",
  ports: ["tap-ids", "tap-ids2", "tap-ids3"],
  distribution: "hash",
});

const web = new TapFlow("web", { service: farm, host: "host1", port: "tap-web" });
const audit = new TapFlow("audit", { service: farm, host: "host3", port: "tap-audit" });

export const sensors = farm.portName;
export const rules = [web.rules, audit.rules];
