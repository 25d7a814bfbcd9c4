import { readFile, writeFile } from "node:fs/promises";
import { expect } from "chai";
import type { Vm } from "../../../console/api/ports";
import type { ServiceRow, Stage, TapRow } from "../../../console/api/rows";
import { ConsoleClient, until } from "../../console/client";
import { type LabConsole, startLabConsole } from "../../console/consoleLab";
import { type Lab, startLab } from "../../lab/lab";

describe("the console on real hosts", () => {
  let lab: Lab;
  let console: LabConsole;
  let client: ConsoleClient;

  before(async function () {
    this.timeout(60_000);
    lab = await startLab({
      hosts: 2,
      vms: [
        { name: "web", host: 1, vmUuid: "11111111-1111-4111-8111-111111111111" },
        { name: "ids", host: 2 },
      ],
    });
    console = await startLabConsole(lab);
    client = await new ConsoleClient(console).logIn();
  });

  after(async function () {
    this.timeout(30_000);
    await console?.close();
    await lab?.stop();
  });

  const rows = <Row extends TapRow | ServiceRow>(what: "taps" | "services") =>
    client.get<Row[]>(`/api/${what}`);

  it("previews, confirms, verifies and deletes a tap, reports at once what is broken, and leaves the program as it was", async function () {
    this.timeout(60_000);
    const program = await readFile(console.file, "utf8");
    const [ids] = await until(
      () => rows<ServiceRow>("services"),
      ([row]) => row?.state === "saved",
    );
    expect(ids).to.include({ name: "ids", own: true });
    const vms = await until(
      () => client.get<Vm[]>("/api/hosts/host1/ports"),
      (found) => found.length > 0,
    );
    const vm = vms.find(({ name }) => name.startsWith("1111"))!;
    const edit = {
      kind: "createTap",
      name: "web",
      service: { id: ids!.id },
      host: "host1",
      port: vm.vnics[0]!.ref,
      direction: "ingress",
      filter: "tcp port 443",
    } as const;
    const preview = await client.preview(edit);
    expect(preview.error).to.equal(undefined);
    expect(preview.summary).to.equal("2 to create");
    expect(preview.steps.map(({ op, name }) => `${op} ${name}`)).to.deep.equal(["create web", "create ids"]);
    expect(preview.steps[0]!.rules.map(({ sign }) => sign)).to.include("+");
    expect(await readFile(console.file, "utf8")).to.equal(program);
    // What an editor writes once it is confirmed, and before it is read to be run, has not been previewed.
    const up = console.deployer.up.bind(console.deployer);
    console.deployer.up = async (...args) => {
      const written = await readFile(console.file, "utf8");
      await writeFile(console.file, `${written}  other: { type: "taas:TapService", properties: {} }\n`);
      const ran = await up(...args);
      await writeFile(console.file, written);
      return ran;
    };
    const change = await client.ended(await client.confirm(preview));
    console.deployer.up = up;
    expect(change.error).to.equal(undefined);
    expect(change.outcome).to.equal("succeeded");
    const [web] = await until(
      () => rows<TapRow>("taps"),
      ([row]) => row?.state === "active",
    );
    expect(web).to.include({ name: "web", host: "host1", port: "tap-web", monitor: "tap-ids on host2" });
    expect(web).to.include({ direction: "ingress", filter: "tcp port 443", own: true });
    const stages = await client.post<Stage[]>(`/api/taps/${web!.id}/verify`);
    expect(stages.map(({ kind }) => kind)).to.deep.equal([
      "source",
      "capture",
      "filter",
      "tunnel",
      "delivery",
    ]);
    // Whether the VM says anything while frames are counted is its own affair.
    expect(stages.slice(0, 3).every(({ proof }) => proof === "proved" || proof === "no-traffic")).to.equal(
      true,
    );
    expect(stages.slice(3).map(({ proof }) => proof)).to.deep.equal(["proved", "proved"]);
    const stream = await client.events();
    await lab.host(1).ovs("ovs-vsctl clear Bridge br-int mirrors");
    const broken = performance.now();
    await until(
      () => stream.events,
      (events) =>
        events.some((event) => event.type === "taps" && event.put.some(({ state }) => state === "drifted")),
    );
    expect(performance.now() - broken).to.be.lessThan(3000);
    stream.end();
    expect((await rows<TapRow>("taps"))[0]!.reason).to.match(
      /^host host1: missing mirror taas-\w+ on br-int$/,
    );
    const deleted = await client.change({ kind: "deleteTap", id: web!.id });
    expect(deleted.outcome).to.equal("succeeded");
    await until(
      () => rows<TapRow>("taps"),
      (found) => found.length === 0,
    );
    expect(await readFile(console.file, "utf8")).to.equal(program);
  });
});
