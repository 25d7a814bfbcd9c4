import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type Lab, startLab } from "../lab/lab";
import {
  errorsOf,
  inEachLanguage,
  openProgram,
  stepOf,
  succeeded,
  WrittenProgram,
} from "./lifecycle/program";
import { withoutRules } from "./lifecycle/withoutRules";

/** Secrets of the program and of entries of the inventory that it does not use. */
const FILTERED = "203.0.113.77";
const OTHER = "203.0.113.88";
const DESCRIBED = "operation-nightjar";
const BYSTANDER = "bystander-0f9c";
const AGENT = "/run/user/agent-4711.sock";

/** `filter`: what one flow accepts. */
const written = (filter: string) => `
resources:
  ids:
    type: taas:TapService
    properties: { host: monitor, port: tap-ids, description: { "fn::secret": ${DESCRIBED} } }
  web:
    type: taas:TapFlow
    properties:
      service: \${ids.ref}
      host: source
      port: tap-web
      filter: [{ action: accept, source: ${filter} }]
  open:
    type: taas:TapFlow
    properties:
      service: \${ids.ref}
      host: source
      port: tap-db
      filter: [{ action: accept, source: 198.51.100.0/24 }]
outputs:
  rules: \${web.rules}
  first: \${web.rules[0]}
`;

/** Where in a value a word stands. */
function placesOf(word: string, value: unknown, path = ""): string[] {
  if (typeof value === "object" && value !== null)
    return Object.entries(value).flatMap(([name, each]) => placesOf(word, each, `${path}.${name}`));
  return String(value).includes(word) ? [path] : [];
}

const secret = (text: string) => `{ "fn::secret": ${text} }`;

inEachLanguage("secrets", (language) => {
  let lab: Lab;
  let program: WrittenProgram;
  let identity: string;
  const directory = mkdtempSync(join(tmpdir(), "taas-secrets-"));

  before(async () => {
    lab = await startLab({
      hosts: 2,
      vms: [
        { name: "web", host: 1 },
        { name: "db", host: 1 },
        { name: "ids", host: 2 },
      ],
    });
    identity = lab.ssh.identity;
    const pinned = await lab.ssh.publicHostKey("host2", "ed25519");
    const hosts = {
      source: { address: "host1", identityFile: identity },
      monitor: { address: "host2", identityFile: identity, hostKey: pinned },
      unused: { address: "host3", user: BYSTANDER, identityFile: `/home/${BYSTANDER}/key` },
    };
    program = await WrittenProgram.open(language, written(secret(FILTERED)), {
      "taas:sshConfig": lab.sshConfig,
      "taas:hosts": hosts,
    });
    process.env.SSH_AUTH_SOCK = AGENT;
  });

  after(async () => {
    program?.remove();
    await lab?.stop();
    rmSync(directory, { recursive: true });
  });

  /** The resources of this package in the state, as text, too; and the whole state as a text without what is secret. */
  const state = async () => {
    const { deployment } = await program.stack.exportState();
    const ours = (deployment.resources ?? []).filter(({ type }) => /taas(:index)?:\w+$/.test(type));
    const whole = JSON.stringify(ours);
    const clear = JSON.stringify(deployment, (_, value) =>
      typeof value === "object" && value !== null && "plaintext" in value ? "[secret]" : value,
    );
    return { ours, whole, clear };
  };

  it("of the program stay secret in the state, also in what is computed from them, and are not displayed", async () => {
    const plan = succeeded(await program.stack.preview());
    const result = succeeded(await program.stack.up());
    const again = succeeded(await program.stack.refresh());
    const { ours, whole, clear } = await state();
    expect(ours).to.have.length(3);
    expect(whole).to.include(FILTERED).and.to.include(DESCRIBED);
    for (const text of [clear, plan.text, result.text, again.text]) {
      expect(text).not.to.include(FILTERED);
      expect(text).not.to.include(DESCRIBED);
    }
    const web = ours.find(({ urn }) => urn.endsWith("::web"))!;
    for (const name of ["filter", "rules", "portName", "status"])
      expect(Object.keys(web.outputs![name] as object), name).to.include("plaintext");
    expect(clear, "what is no secret is not hidden").to.include("198.51.100.0/24");
    expect(stepOf(plan, "open").new!.inputs.rules).to.be.an("array");
    const unchanged = succeeded(await program.stack.up({ expectNoChanges: true }));
    expect(unchanged.changes).to.deep.equal({ same: 4 });
  });

  it("stay secret when an update fails half done, be it to another secret or to none", async () => {
    const stays = async (filter: string, hidden: readonly string[]) => {
      await program.become(written(filter));
      const failed = await withoutRules(lab.host(1), () => program.stack.up());
      expect(errorsOf(failed)).to.match(/host source: writing the flows on bridge br-tap failed/);
      const { ours, clear } = await state();
      const web = ours.find(({ urn }) => urn.endsWith("::web"))!;
      expect(web.initErrors).to.be.an("array");
      for (const word of hidden) {
        expect(placesOf(word, JSON.parse(clear))).to.deep.equal([]);
        expect(failed.text).not.to.include(word);
      }
      const again = succeeded(await program.stack.up());
      for (const word of hidden) expect(again.text).not.to.include(word);
    };
    await stays(secret(OTHER), [FILTERED, OTHER]);
    await stays("203.0.113.0/24", [OTHER]);
    await program.become(written(secret(FILTERED)));
    succeeded(await program.stack.up());
    const { clear } = await state();
    expect(clear).not.to.include(FILTERED);
  });

  it("are what the host must know, and no more: the claims have filter and description, no key and no path of one", async () => {
    const claims = await Promise.all(
      lab.hosts.map((host) => host.ovs("ovs-vsctl get Bridge br-tap external_ids")),
    );
    const text = claims.join("\n");
    expect(text).to.include(FILTERED).and.to.include(DESCRIBED);
    expect(text).not.to.include(AGENT);
    expect(text).not.to.include(BYSTANDER);
  });

  it("of SSH are in no state: paths of keys and public host keys are, keys, agents and unused hosts are not", async () => {
    const { whole } = await state();
    const key = readFileSync(identity, "utf8")
      .split("\n")
      .filter((line) => line.length > 30 && !line.startsWith("---"));
    expect(key).not.to.deep.equal([]);
    for (const line of key) expect(whole).not.to.include(line);
    expect(whole).to.include(JSON.stringify(identity));
    expect(whole).not.to.include(AGENT);
    expect(whole).not.to.include(BYSTANDER);
    expect(whole).not.to.include("PRIVATE KEY");
    succeeded(await program.stack.destroy());
  });

  if (language === "TypeScript")
    it("may be arguments of a resource whose outputs the program computes with, from the first preview on", async () => {
      const computing = `
const tenant = pulumi.secret("acme");
const direction = config.get<"both" | "ingress">("direction");
const service = new TapService("ids", { host: "host2", port: "tap-ids", tenant });
const web = new TapFlow("web", { service, host: "host1", port: "tap-web", tenant, direction });
export const names = web.portName.apply((name) => name.split(","));
export const count = web.portNames.apply((names) => names.length);
export const state = web.status.apply((status) => status.toUpperCase());
`;
      const outputs = { names: ["tap-web"], count: 1, state: "ACTIVE" };
      const config = { "taas:sshConfig": lab.sshConfig };
      const { stack, remove } = await openProgram(computing, config);
      try {
        succeeded(await stack.preview());
        succeeded(await stack.up());
        expect(await stack.outputs()).to.deep.equal(outputs);
        await stack.configure({ ...config, "fixture:direction": "ingress" });
        expect(succeeded(await stack.preview()).changes).to.deep.include({ update: 1 });
        succeeded(await stack.up());
        expect(await stack.outputs()).to.deep.equal(outputs);
        succeeded(await stack.destroy());
      } finally {
        remove();
      }
    });
});
