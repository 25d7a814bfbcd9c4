import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { HostNeed } from "../../../cli/command";
import { readHosts, recordsOf } from "../../../cli/hosts";
import { readConnection } from "../../../cli/options";
import { UsageError } from "../../../cli/usageError";
import { TaasError } from "../../../provider/errors";
import { type Context, namesOf } from "../../../provider/resource/context";
import { commonOptions } from "./commandLine";

describe("the hosts of the command line", () => {
  let directory: string;
  let file: string;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), "taas-hosts-"));
    file = join(directory, "hosts.json");
  });
  after(() => rmSync(directory, { recursive: true }));

  const read = (...words: string[]) => {
    const options = commonOptions(...words);
    return readHosts(options, readConnection(options));
  };
  const warnings: string[] = [];
  const recordsFor = (need: HostNeed, content: unknown, ...options: string[]) => {
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
    const { settings, hosts } = read("--hosts", file, ...options);
    const context = {
      ...namesOf(settings.inventory),
      warn: (message: string) => warnings.push(message),
    } as unknown as Context;
    return recordsOf(context, hosts, need);
  };
  const records = (content: unknown, ...options: string[]) =>
    recordsFor("required", content, ...options).hosts;
  const inventory = {
    compute1: { address: "192.0.2.1", user: "tap", hostKey: "SHA256:x" },
    compute2: "192.0.2.2",
    compute3: { address: "192.0.2.3", gone: true },
  };

  it("are all of the inventory except those declared gone", () => {
    expect(records(inventory)).to.deep.equal([
      { name: "compute1", address: "192.0.2.1", user: "tap", hostKey: "SHA256:x" },
      { name: "compute2", address: "192.0.2.2" },
    ]);
    expect(warnings).to.deep.equal(["host compute3 is declared gone"]);
  });

  it("may all be declared gone for a command that needs none", () => {
    expect(recordsFor("optional", inventory, "--host", "compute3").hosts).to.deep.equal([]);
    expect(recordsFor("optional", inventory).gone.map(({ name }) => name)).to.deep.equal(["compute3"]);
  });

  it("are those that it names, each once, found in the inventory or else by address", () => {
    const names = ["--host", "compute2", "--host", "elsewhere", "--host", "compute2"];
    expect(records(inventory, ...names)).to.deep.equal([
      { name: "compute2", address: "192.0.2.2" },
      { name: "elsewhere", address: "elsewhere" },
    ]);
  });

  it("are found in the inventory under another name if it names them by address", () => {
    const { name: _name, ...entry } = records(inventory)[0]!;
    expect(records(inventory, "--host", "192.0.2.1")).to.deep.equal([{ name: "192.0.2.1", ...entry }]);
    expect(records(inventory, "--host", "192.0.2.1", "--user", "root")).to.deep.equal([
      { name: "192.0.2.1", ...entry, user: "root" },
    ]);
  });

  it("are an error if all of them are declared gone, under whatever name", () => {
    for (const names of [["compute3"], ["192.0.2.3"], ["compute3", "192.0.2.3"]])
      expect(() => records(inventory, ...names.flatMap((name) => ["--host", name])))
        .to.throw(TaasError, `all hosts of the command line are declared gone: ${names.join(", ")}`)
        .with.property("code", "host-gone");
  });

  it("are reached as its options say, whatever the inventory says", () => {
    expect(records(inventory, "--host", "compute1", "--user", "root", "--ssh-port", "2222")).to.deep.equal([
      { name: "compute1", address: "192.0.2.1", user: "root", hostKey: "SHA256:x", port: 2222 },
    ]);
  });

  it("can be in YAML", () => {
    const yaml = "# the first\ncompute1: { address: 192.0.2.1, user: tap }\ncompute2: 192.0.2.2\n";
    expect(records(yaml)).to.deep.equal([
      { name: "compute1", address: "192.0.2.1", user: "tap" },
      { name: "compute2", address: "192.0.2.2" },
    ]);
  });

  for (const [content, refusal] of [
    [
      "{ compute1: ",
      /^the file .*hosts\.json: hosts is not an object of hosts by name\. It must be JSON or YAML/,
    ],
    ["compute1", /hosts is not an object/],
    [["compute1"], /hosts is not an object/],
    [
      { compute1: { address: "192.0.2.1", port: 0 } },
      /^the file \S+ hosts\.compute1\.port: must be at least 1/,
    ],
    [{ a: "192.0.2.1", b: { address: "192.0.2.1", port: 23 } }, /hosts: a and b have the same address/],
  ] as const) {
    it(`cannot be ${JSON.stringify(content)}`, () => {
      expect(() => records(content))
        .to.throw()
        .that.includes({ code: "invalid-config" })
        .and.has.property("message")
        .that.matches(refusal);
    });
  }

  it("cannot be in a file that does not exist", () => {
    expect(() => read("--hosts", join(directory, "none.json")))
      .to.throw(/none\.json with the hosts cannot be read: ENOENT/)
      .with.property("code", "invalid-config");
  });

  for (const [refusal, ...words] of [
    [/^name the hosts: --host, --hosts or --project$/],
    [/^give --hosts or --project, not both$/, "--hosts", "hosts.json", "--project", "."],
    [/^--stack must name one stack$/, "--stack", "a", "--stack", "b"],
  ] as const) {
    it(`are required: ${words.join(" ")}`, () => {
      expect(() => read(...words))
        .to.throw(UsageError)
        .with.property("message")
        .that.matches(refusal);
    });
  }

  it("are required if the inventory has none", () => {
    expect(() => records({})).to.throw(UsageError, "the inventory has no hosts");
  });
});
