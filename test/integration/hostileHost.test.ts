import { hostname } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { execa } from "execa";
import { Driver } from "../driver/driver";
import type { LabHost } from "../lab/host";
import { type Lab, startLab } from "../lab/lab";
import { failureOf } from "./host/client";

const MAIN = join(__dirname, "../../cli/main.js");
/** Where anything of a hostile name that came to be run would leave a trace, on the host and here. */
const TRACE = "/tmp/taas-hostile";
/** Names and ids that a host's own OVSDB can have, one hostile in each way. */
const NAMES = [
  `$(touch ${TRACE})`,
  `\`touch ${TRACE}\``,
  `'; touch ${TRACE}; '`,
  `"; touch ${TRACE}; "`,
  `x\ntouch ${TRACE}\n`,
  "--log-file=/tmp/taas-hostile",
  "-O",
  "a b  c",
  "\u001b[2J\u001b]0;owned\u0007",
  "\u009b31mred\u202egnp",
  "../../etc/passwd",
  "__proto__",
  "table=0,actions=NORMAL",
];
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const STEERING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;

describe("a host with malicious names", () => {
  let lab: Lab;
  const texts: string[] = [];

  before(async () => {
    lab = await startLab({
      hosts: 2,
      vms: [
        { name: "web", host: 1, vlan: 10 },
        { name: "ids", host: 2, vlan: 20 },
      ],
    });
    for (const [index, name] of NAMES.entries()) await plug(lab.host(1), name, `id-${index}`);
  });

  after(() => lab.stop());

  /** All that was said to the operator is harmless, and nothing was run. */
  const harmless = async () => {
    for (const text of texts) expect(text).not.to.match(STEERING);
    for (const host of lab.hosts) expect((await host.run(["ls", TRACE])).exitCode).not.to.equal(0);
    expect((await execa("ls", [TRACE], { reject: false })).exitCode).not.to.equal(0);
  };
  const claims = async (...args: string[]) => {
    const hosts = ["--host", "host1", "--host", "host2", "--ssh-config", lab.sshConfig];
    const result = await execa("node", [MAIN, "claims", ...args, ...hosts], { reject: false });
    texts.push(result.stdout, result.stderr);
    return result;
  };

  it("has its ports tapped by the cloud's identifiers, whatever their names, without any other effect", async () => {
    const driver = new Driver(lab);
    const ids = await driver.service("ids", { host: "host2", port: "tap-ids" });
    for (const index of NAMES.keys()) {
      const flow = await driver.flow(`f${index}`, ids, {
        host: "host1",
        port: { ifaceId: `id-${index}` },
        attachTimeout: 0,
      });
      await driver.read(flow);
      expect(flow.outputs.status, NAMES[index]).to.equal("active");
      texts.push(String(flow.outputs.portName), String(flow.outputs.status));
    }
    const rows = await lab.host(1).ovs("ovs-vsctl --bare --columns=select_src_port list Mirror");
    expect(rows.trim().split(/\s+/)).to.have.length(NAMES.length);
    await lab.host(1).ovs("ovs-vsctl clear Bridge br-int mirrors");
    await driver.destroy();
    await harmless();
  });

  it("has them shown safely when a missing one is looked for", async () => {
    const driver = new Driver(lab);
    const error = await failureOf(driver.service("x", { host: "host1", port: "tap-none", attachTimeout: 0 }));
    expect(error.code).to.equal("port-missing");
    expect(error.message).to.include("\\u001b[2J").and.to.include("\\u009b31mred");
    texts.push(error.message);
    await harmless();
  });

  it("has unreadable claims named and shown safely, and nothing written", async () => {
    const driver = new Driver(lab);
    const ids = await driver.service("ids", { host: "host2", port: "tap-ids" });
    const before = await lab.host(2).snapshot();
    for (const [index, name] of NAMES.filter((_, at) => [0, 4, 8, 9, 11].includes(at)).entries()) {
      await setClaim(
        lab.host(2),
        name,
        index % 2 === 0 ? name : JSON.stringify({ kind: "flow", owner: name }),
      );
      const listed = await claims("list");
      expect(listed.exitCode, name).to.equal(1);
      expect(listed.stderr).to.match(/host host2: the claim of .* cannot be read/);
      const error = await failureOf(
        driver.flow("web", ids, { host: "host1", port: "tap-web", attachTimeout: 0 }),
      );
      expect(error.code).to.equal("claim-unreadable");
      texts.push(error.message);
      await unsetClaim(lab.host(2), name);
    }
    expect(await lab.host(2).snapshot()).to.deep.equal(before);
    await driver.destroy();
    await harmless();
  });

  it("cannot lead the operator's machine elsewhere, or to itself, by what its claims say about other ends", async () => {
    const driver = new Driver(lab);
    const ids = await driver.service("ids", { host: "host2", port: "tap-ids" });
    const web = await driver.flow("web", ids, { host: "host1", port: "tap-web" });
    const owner = web.outputs.owner!;
    const [stored] = JSON.parse((await claims("list", "--json")).stdout).claims as { claim: object }[];
    const here = ["127.0.0.1", "127.1", "localhost", hostname()];
    for (const [host, why] of [
      [{ name: "local", address: "local", transport: "local" }, /leads to "local", which is this machine/],
      ...here.map((address) => [
        { name: "host9", address, user: "root", sudo: "always", transport: "openssh" },
        /leads to "[^"]*", which is this machine/,
      ]),
      [
        { name: "x", address: "x.invalid", proxyJump: `$(touch\${IFS}${TRACE})@x`, transport: "openssh" },
        /cannot reach \w+@x\.invalid:22: the name does not resolve/,
      ],
      [
        { name: "x", address: "x.invalid", user: `$(touch\${IFS}${TRACE})` },
        /cannot reach \w+@x\.invalid:22: the name does not resolve/,
      ],
    ] as const) {
      const forged = { ...stored!.claim, pending: "0123456789abcdef", elsewhere: [{ machine: "m", host }] };
      await setClaim(lab.host(1), owner, JSON.stringify(forged));
      const warned = new Driver(lab);
      const other = await warned.service("other", {
        host: "host1",
        port: { ifaceId: "id-0" },
        attachment: "integration-bridge",
        attachTimeout: 0,
      });
      await warned.delete(other);
      const stays = warned.warnings.filter((warning) => warning.includes("stays for now"));
      expect(stays, JSON.stringify(host)).not.to.be.empty;
      for (const warning of stays) expect(warning, JSON.stringify(host)).to.match(why as RegExp);
      texts.push(...warned.warnings);
    }
    await setClaim(lab.host(1), owner, JSON.stringify(stored!.claim));
    await driver.destroy();
    await harmless();
  });
});

/** A port of br-int under a name as OVSDB takes it, by raw transaction: ovs-vsctl would refuse some. */
async function plug(host: LabHost, name: string, ifaceId: string): Promise<void> {
  const insert = (table: string, id: string, row: object) => ({ op: "insert", table, "uuid-name": id, row });
  await transact(host, [
    insert("Interface", "nic", { name, type: "internal", external_ids: ["map", [["iface-id", ifaceId]]] }),
    insert("Port", "port", { name, interfaces: ["named-uuid", "nic"], tag: 10 }),
    mutate("br-int", ["ports", "insert", ["named-uuid", "port"]]),
  ]);
}

async function setClaim(host: LabHost, owner: string, text: string): Promise<void> {
  await unsetClaim(host, owner);
  await transact(host, [mutate("br-tap", ["external_ids", "insert", ["map", [[`taas:${owner}`, text]]]])]);
}

async function unsetClaim(host: LabHost, owner: string): Promise<void> {
  await transact(host, [mutate("br-tap", ["external_ids", "delete", ["set", [`taas:${owner}`]]])]);
}

function mutate(bridge: string, mutation: unknown): object {
  return { op: "mutate", table: "Bridge", where: [["name", "==", bridge]], mutations: [mutation] };
}

async function transact(host: LabHost, operations: readonly object[]): Promise<void> {
  const argv = ["ovsdb-client", "transact", "unix:/var/run/openvswitch/db.sock"];
  const { stdout, stderr } = await host.run([...argv, JSON.stringify(["Open_vSwitch", ...operations])]);
  const results = JSON.parse(stdout || "[]") as { error?: string; count?: number }[];
  const failed = results.find((result) => result.error !== undefined && result.error !== null);
  if (stderr !== "" || failed !== undefined) throw new Error(`${stderr} ${JSON.stringify(failed)}`);
}
