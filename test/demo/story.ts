import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repositoryRoot } from "../engine/fixtureProject";
import type { RunResult } from "../engine/runResult";
import type { Stack } from "../engine/stack";
import type { Lab } from "../lab/lab";
import { changesOf, showHost } from "./hosts";
import type { Narrator } from "./narrator";
import { broadcasts, converse, reach } from "./traffic";

/** Everything the story is about. */
export interface Scene {
  narrator: Narrator;
  lab: Lab;
  stack: Stack;
}

/** The VMs of the lab that the story is set in. */
export const CAST = [
  { name: "web", host: 1, vlan: 10 },
  { name: "db", host: 3, vlan: 10 },
  { name: "ids", host: 2, vlan: 20 },
  { name: "mail", host: 1, vlan: 20 },
];

const PICTURE = [
  "host1                 host2                 host3",
  "  web   VLAN 10         ids   VLAN 20         db    VLAN 10",
  "  mail  VLAN 20",
  "",
  "web and db talk to each other over the production tunnels. ids is to see all of it, and nothing else.",
];

const TALK = { tapped: "web", other: "db", monitor: "ids" };

/** Shows what a run did, a line a resource; `rules` after each what it stands for. */
function tell(narrator: Narrator, result: RunResult, detail: "names" | "rules" = "names"): void {
  if (!result.succeeded) throw new Error(result.text);
  const signs: Record<string, string> = { create: "+", update: "~", delete: "-" };
  for (const { op, type, name, new: now } of result.steps) {
    if (!type.startsWith("pulumi-nodejs:dynamic/taas:") || signs[op] === undefined) continue;
    narrator.quote(`${signs[op]} ${type.replace(/.*:/, "")} ${name}`);
    if (detail === "rules")
      for (const rule of (now?.inputs.rules ?? []) as string[]) narrator.quote(`    ${rule}`);
  }
  const counts = Object.entries(result.changes).map(([op, count]) => `${count} ${op}`);
  narrator.quote(`${counts.join(", ")}; ${(result.durationMs / 1000).toFixed(1)} s`);
}

/** Web and db talk; all of it must reach ids, byte for byte. */
async function talk({ narrator, lab }: Scene): Promise<void> {
  const heard = await converse(lab, TALK, "expected");
  narrator.check(`web sent ${heard.sent.length} frames, db got each of them`, heard.delivered, heard.sent);
  narrator.check("ids got a copy of each, byte for byte", heard.sentCopies, heard.sent);
  narrator.check(
    `web got ${heard.received.length} frames, ids a copy of each`,
    heard.otherCopies,
    heard.received,
  );
  const total = heard.sentCopies.length + heard.otherCopies.length;
  narrator.check(
    `${total} copies in all: no frame twice, no tag added, nothing else`,
    total,
    heard.sent.length + heard.received.length,
  );
}

/** Tells the story; throws at the first statement that does not hold. */
export async function tellStory(scene: Scene): Promise<void> {
  const { narrator, lab, stack } = scene;
  const { hosts } = lab;

  narrator.chapter(
    "A lab on this machine: three compute hosts, each with its own Open vSwitch and SSH server",
  );
  narrator.say(...PICTURE);
  const before = await Promise.all(hosts.map((host) => host.snapshot()));
  const [mail, ids, web, db] = [lab.vm("mail"), lab.vm("ids"), lab.vm("web"), lab.vm("db")];
  narrator.check(
    "ids still is a VM like others: 10 broadcasts of mail, in its VLAN, reach it",
    await reach(mail, broadcasts(mail, 10), [ids]),
    [10],
  );

  narrator.chapter("The program: examples/quickstart/index.ts");
  const program = readFileSync(join(repositoryRoot(), "examples/quickstart/index.ts"), "utf8");
  narrator.quote(
    program
      .split("\n")
      .filter((line) => line.startsWith("const ") && line.includes(" new "))
      .join("\n"),
  );
  narrator.say(`Run by ${stack.engine}.`);

  narrator.chapter("preview: every change, down to the rules, before anything is touched");
  const preview = await stack.preview();
  tell(narrator, preview, "rules");
  narrator.check("3 to create: the stack, a TapService, a TapFlow", preview.changes, { create: 3 });
  narrator.check("the preview changed nothing on any host", await changesOf(hosts, before), []);

  narrator.chapter("up: over SSH, one transaction and one bundle of rules a host");
  const up = await stack.up();
  tell(narrator, up);
  narrator.check("what was previewed was made", up.changes, preview.changes);

  narrator.chapter("Packets: ARP, pings, UDP and TCP of 0 to 1400 bytes between web and db");
  await talk(scene);
  narrator.check(
    "broadcasts of mail, which nobody taps, reach ids no more",
    await reach(mail, broadcasts(mail, 10), [ids]),
    [0],
  );
  narrator.check(
    "what ids sends reaches nobody: a monitor only listens",
    await reach(ids, broadcasts(ids, 10), [mail, web, db]),
    [0, 0, 0],
  );

  narrator.chapter("preview again");
  const again = await stack.preview({ expectNoChanges: true });
  tell(narrator, again);
  narrator.check("nothing to change", again.changes, { same: 3 });

  narrator.chapter("On the hosts: what Open vSwitch's own tools show");
  narrator.say("The wish is stored on the host itself, as a claim on br-tap. All the rest follows from it.");
  await showHost(narrator, lab.host(1), ["claims", "mirror", "rules", "tunnel"]);
  narrator.say("", "The other end knows who sends to it. tap-ids is on br-tap now, where only copies are:");
  await showHost(narrator, lab.host(2), ["claims", "rules"]);
  narrator.show("[host2] ovs-vsctl list-ports br-tap", await lab.host(2).ovs("ovs-vsctl list-ports br-tap"));

  await breakAndRepair(scene);

  narrator.chapter("destroy");
  const destroyed = await stack.destroy();
  tell(narrator, destroyed);
  narrator.check(
    "every host is as it was before: rows, ports, port numbers, rules, devices",
    await changesOf(hosts, before),
    [],
  );
  narrator.check("ids is a VM like others again", await reach(mail, broadcasts(mail, 10), [ids]), [10]);
}

async function breakAndRepair(scene: Scene): Promise<void> {
  const { narrator, lab, stack } = scene;
  narrator.chapter("Somebody breaks it by hand: the Mirror on host1 is deleted");
  narrator.say(
    "(Open vSwitch 3.1 goes on mirroring connections that its cache knows; emptying the cache shows it at once.)",
  );
  const command = "ovs-vsctl clear Bridge br-int mirrors && ovs-appctl revalidator/purge";
  narrator.show(`[host1] ${command}`, await lab.host(1).ovs(command));
  const lost = await converse(lab, TALK, "not expected");
  narrator.check(
    "web and db talk as ever",
    [lost.delivered, lost.received.length],
    [lost.sent, lost.sent.length],
  );
  narrator.check("no copy arrives", lost.sentCopies.length + lost.otherCopies.length, 0);
  narrator.say("refresh finds it:");
  const refresh = await stack.refresh();
  tell(narrator, refresh);
  const status = (result: RunResult): unknown =>
    result.steps.find((step) => step.name === "web")?.new?.outputs.status;
  const found = String(status(refresh));
  narrator.quote(`status of TapFlow web: ${found}`);
  narrator.check(
    "the status of the TapFlow says what is missing and where",
    /^drifted: host host1: missing mirror taas-[0-9a-f]{12} on br-int$/.test(found),
    true,
  );
  narrator.say("up repairs it, and only it:");
  const repaired = await stack.up();
  tell(narrator, repaired);
  narrator.check(
    "one update, status active",
    [repaired.changes, status(repaired)],
    [{ same: 2, update: 1 }, "active"],
  );
  await talk(scene);
}
