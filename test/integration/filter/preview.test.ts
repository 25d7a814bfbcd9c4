import { expect } from "chai";
import { type Lab, startLab } from "../../lab/lab";
import { diffSnapshots } from "../../lab/snapshot";
import { errorsOf, inEachLanguage, stepOf, succeeded, WrittenProgram } from "../lifecycle/program";

const written = (filter: object[]) => `
resources:
  ids: { type: taas:TapService, properties: { host: host1, port: tap-ids } }
  web:
    type: taas:TapFlow
    properties: { service: "\${ids.ref}", host: host1, port: tap-web, filter: ${JSON.stringify(filter)} }
outputs: { status: "\${web.status}" }
`;

const https = { action: "accept", protocol: "tcp", destinationPort: 443 };
const names = { action: "accept", protocol: "udp", destinationPort: 53 };
const ping = { action: "accept", protocol: "icmp" };

inEachLanguage("the preview of a changed filter", (language) => {
  let lab: Lab;
  let program: WrittenProgram;

  before(async () => {
    lab = await startLab({
      hosts: 1,
      vms: [
        { name: "web", host: 1 },
        { name: "ids", host: 1 },
      ],
    });
    program = await WrittenProgram.open(language, written([https, names]), {
      "taas:sshConfig": lab.sshConfig,
    });
    succeeded(await program.stack.up());
  });

  after(async () => {
    succeeded(await program.stack.destroy());
    program.remove();
    await lab.stop();
  });

  /** The lines of `rules` that a preview shows as added, changed and removed. */
  async function shown(filter: object[]) {
    await program.become(written(filter));
    const step = stepOf(succeeded(await program.stack.preview()), "web");
    return step.changes
      .filter(({ path }) => path.startsWith("rules["))
      .map(({ kind, old, new: now }) => [kind, old ?? null, now ?? null]);
  }

  const line = (rule: number | "default", text: string) =>
    `br-tap table=1,in_port=tap-web ${rule === "default" ? "default" : `rule ${rule}`}: ${text}`;

  it("shows a rule that changed, and nothing else", async () => {
    const wider = { ...names, destinationPort: "53-54" };
    expect(await shown([https, wider])).to.deep.equal([
      ["update", line(1, "udp|udp6,tp_dst=53 accept"), line(1, "udp|udp6,tp_dst=53-54 accept")],
    ]);
  });

  it("shows a rule that was added, and one that was deleted", async () => {
    const added = (await shown([https, names, ping])).flat();
    expect(added).to.include(line(2, "icmp accept"));
    const removed = (await shown([https])).flat();
    expect(removed).to.include(line(1, "udp|udp6,tp_dst=53 accept"));
    expect(removed).not.to.include(line(2, "icmp accept"));
  });

  const wrong: [rule: object, says: RegExp][] = [
    [
      { ...ping, destinationPort: 7 },
      /filter\[1\]\.destinationPort: needs protocol .*: icmp has no ports \(got 7\)/,
    ],
    [{ ...https, sourcePort: "9-1" }, /filter\[2\]\.sourcePort: is reversed: write "1-9" \(got "9-1"\)/],
    [
      { ...https, source: "10.0.0.1/8" },
      /filter\[3\]\.source: has bits set beyond its \/8: write 10\.0\.0\.0\/8/,
    ],
    [{ ...https, port: 443 }, /filter\[4\]: has no field "port"; the fields are/],
  ];

  it("fails with invalid rules, and so does the up, with resource, rules and fields named and the host left alone", async () => {
    const before = await lab.host(1).snapshot();
    await program.become(written([https, ...wrong.map(([rule]) => rule)]));
    for (const run of [await program.stack.preview(), await program.stack.up()]) {
      expect(run.succeeded).to.equal(false);
      const text = errorsOf(run);
      expect(text).to.match(/TapFlow resource 'web'.*filter/s);
      for (const [, says] of wrong) expect(text).to.match(says);
    }
    expect(diffSnapshots(before, await lab.host(1).snapshot())).to.deep.equal([]);
  });

  it("shows none if nothing changed", async () => {
    await program.become(written([https, names]));
    succeeded(await program.stack.preview({ expectNoChanges: true }));
  });
});
