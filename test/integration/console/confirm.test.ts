import { readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { expect } from "chai";
import type { Change, Preview } from "../../../console/api/changes";
import type { Edit } from "../../../console/api/edit";
import type { NewTapFacts } from "../../../console/api/ports";
import type { ServiceRow, TapRow } from "../../../console/api/rows";
import type { Users } from "../../../console/server/roles/users";
import { ConsoleClient, until } from "../../console/client";
import { type LabConsole, startLabConsole } from "../../console/consoleLab";
import { flowText, programOf, serviceText } from "../../console/program";
import { type Lab, startLab } from "../../lab/lab";
import { sampleOf } from "../../sample";

const USERS: Users = {
  approval: false,
  users: { ada: { role: "admin" }, bob: { role: "admin" } },
  ports: {},
};

const IDS = serviceText("ids", "host: host2, port: tap-ids");
const PROGRAM = programOf(IDS, flowText("web", "ids", "port: tap-web"));

describe("what was previewed in the console, on real hosts", function () {
  this.timeout(120_000);
  let lab: Lab;
  let console: LabConsole;
  let ids: ServiceRow;
  const as = (user: string) => new ConsoleClient(console, user);

  before(async () => {
    const vms = ["web", "db"].map((name) => ({ name, host: 1 }));
    lab = await startLab({ hosts: 2, vms: [...vms, { name: "ids", host: 2 }] });
    console = await startLabConsole(lab, { users: USERS, program: PROGRAM });
    await applied(PROGRAM);
    ids = (await as("ada").get<ServiceRow[]>("/api/services"))[0]!;
  });

  after(async () => {
    await console?.close();
    await lab?.stop();
  });

  /** Brings the hosts to what a program says, and waits until the console has seen it. */
  async function applied(program: string): Promise<void> {
    await writeFile(console.file, program);
    const { succeeded, text } = await console.deployer.up(dirname(console.file), "");
    expect(succeeded, text).to.equal(true);
    const names = [...program.matchAll(/^ {2}(\S+):\n {4}type: taas:TapFlow/gm)].map(([, name]) => name);
    await until(
      rows,
      (found) => found.every(({ state }) => state === "active") && found.length === names.length,
    );
  }

  const rows = () => as("ada").get<TapRow[]>("/api/taps");
  const stepsOf = ({ steps }: Preview | Change) => steps.map(({ op, name }) => `${op} ${name}`).sort();
  const createTap = (name: string): Edit => ({
    kind: "createTap",
    name,
    service: { id: ids.id },
    host: "host1",
    port: { port: "tap-db" },
    direction: "both",
  });

  /** What happens between preview and confirm, and what would happen then; undefined: what was previewed. */
  const meanwhile: Record<string, { act: () => Promise<unknown>; outcome?: string[] }> = {
    "the program got a comment": {
      act: async () => writeFile(console.file, `${await readFile(console.file, "utf8")}# of ours\n`),
    },
    "the program got a resource": {
      act: () =>
        writeFile(
          console.file,
          PROGRAM + serviceText("late", "host: host2, port: tap-none, attachTimeout: 0"),
        ),
      outcome: ["create db", "create late"],
    },
    "the state lost a tap": {
      async act() {
        await writeFile(console.file, programOf(IDS));
        const { succeeded, text } = await console.deployer.up(dirname(console.file), "");
        expect(succeeded, text).to.equal(true);
        await writeFile(console.file, PROGRAM);
      },
      outcome: ["create db", "create web"],
    },
    "somebody broke a tap on a host": {
      act: () => lab.host(1).ovs("ovs-vsctl clear Bridge br-int mirrors"),
      outcome: ["create db", "update web"],
    },
  };

  for (const [what, { act, outcome }] of sampleOf(Object.entries(meanwhile), 1))
    it(
      outcome === undefined
        ? `is done without a question though ${what}`
        : `is not done once ${what}: it is previewed anew, and asked anew`,
      async () => {
        const ada = as("ada");
        const preview = await ada.preview(createTap("db"));
        expect(stepsOf(preview)).to.deep.equal(["create db"]);
        await act();
        const program = await readFile(console.file, "utf8");
        const change = await ada.ended(await ada.confirm(preview));
        if (outcome === undefined) {
          expect(change).to.include({ outcome: "succeeded" });
          expect(await readFile(console.file, "utf8")).to.match(/\n {2}db:\n[\s\S]*\n# of ours\n$/);
        } else {
          expect(change).to.include({ outcome: "outdated" });
          expect(await readFile(console.file, "utf8")).to.equal(program);
          expect((await rows()).map(({ name }) => name)).not.to.include("db");
          expect(stepsOf(await ada.previewed(change.preview!))).to.deep.equal(outcome);
        }
        await applied(PROGRAM);
      },
    );

  it("is done one after another: who waits is told for whom, and sees the other's run", async () => {
    const [ada, bob] = [as("ada"), as("bob")];
    const seen = await bob.events();
    const first = await ada.preview(createTap("db"));
    const running = await ada.confirm(first);
    const { id } = await bob.post<{ id: string }>("/api/previews", createTap("db2"));
    const waiting = await until(
      () => bob.get<Preview>(`/api/previews/${id}`),
      ({ state, waitsFor }) => state !== "waiting" || waitsFor !== undefined,
    );
    expect(waiting.state).to.equal("waiting");
    expect(waiting.waitsFor).to.match(/^ada: create tap db, since /);
    const second = await bob.previewed(id);
    expect(await bob.get<Change>(`/api/changes/${running}`)).to.include({ outcome: "succeeded", by: "ada" });
    expect(seen.events.filter((event) => event.type === "progress").map(({ change }) => change)).to.include(
      running,
    );
    seen.end();
    expect(stepsOf(second)).to.deep.equal(["create db2"]);
    expect(await bob.ended(await bob.confirm(second))).to.include({ outcome: "succeeded", by: "bob" });
    await applied(PROGRAM);
  });

  it("is one tap a host of all ports that match, sampled and until a time; who asks sees first which they are", async () => {
    const ports = { name: "tap-*", except: ["tap-web"] };
    const query = `ports=${encodeURIComponent(JSON.stringify(ports))}&service=${ids.id}`;
    const matching = async (host: string) =>
      (await as("ada").get<NewTapFacts>(`/api/hosts/${host}/selection?${query}`)).ports;
    expect(await Promise.all(["host1", "host2"].map(matching))).to.deep.equal([["tap-db"], []]);
    const refused = await as("ada").ask("GET", "/api/hosts/host1/selection?ports={}");
    expect(refused).to.deep.include({ status: 400 });
    const preview = await as("ada").preview({
      ...{ kind: "createGroup", name: "office", service: { id: ids.id }, hosts: ["host1", "host2"], ports },
      ...{ direction: "ingress", sampling: { oneIn: 4 }, until: "2090-01-31T18:00:00+01:00" },
    });
    expect(stepsOf(preview)).to.deep.equal(["create office-host1", "create office-host2"]);
    const rules = preview.steps[0]!.rules.map(({ text }) => text).join("\n");
    expect(rules).to.include("ports(name:tap-*,except:tap-web)").and.include("one conversation in 4");
    expect(await as("ada").ended(await as("ada").confirm(preview))).to.include({ outcome: "succeeded" });
    const found = await until(
      rows,
      (taps) => taps.length === 3 && taps.every(({ state }) => state === "active"),
    );
    expect(found.find(({ name }) => name === "office-host1")).to.include({
      ...{ host: "host1", port: "tap-db", direction: "ingress", oneIn: 4, until: "2090-01-31T17:00:00Z" },
    });
    await applied(PROGRAM);
  });
});
