import { getTapStatistics, TapFlow, TapService } from "pulumi-taas";

const auditor = new TapService("auditor", { host: "host2", port: "tap-ids", tenant: "payments" });

// The cardholder subnet, except the one address whose visitors are nobody's business. The first rule that matches decides, and
// what no rule matches is not copied.
const payments = new TapFlow("payments", {
  service: auditor,
  host: "host1",
  port: "tap-web",
  tenant: "payments",
  direction: "egress",
  filter: [
    { action: "reject", destination: "198.51.100.7" },
    {
      action: "accept",
      protocol: "tcp",
      destination: "198.51.100.0/24",
      destinationPort: 443,
      tcpFlags: "+syn-ack",
      snapLength: 96,
    },
  ],
});

export const rules = payments.rules;
// What each rule has decided so far, read from the hosts at every run and kept in no resource.
export const decided = payments.status.apply(
  async () => (await getTapStatistics({ hosts: ["host1"] })).hosts.host1?.captures,
);
