import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import type { TapEvent } from "../../../console/api/events";
import type { Tap, TapRow } from "../../../console/api/rows";
import type { Session } from "../../../console/api/session";
import type { Users } from "../../../console/server/roles/users";
import { ConsoleClient, until } from "../../console/client";
import { type LabConsole, startLabConsole } from "../../console/consoleLab";
import { PEOPLE } from "../../console/people";
import { flowText, programOf, serviceText } from "../../console/program";
import { must } from "../../lab/command";
import { type Lab, startLab } from "../../lab/lab";
import { diffSnapshots, type HostSnapshot } from "../../lab/snapshot";
import { requireProgram } from "../../lacking";
import { datagram, learn } from "../copies/traffic";

const USERS: Users = { approval: false, users: PEOPLE, ports: {} };

const PROGRAM = programOf(
  serviceText("ids", "host: host1, port: tap-ids, tenant: blue"),
  flowText("web", "ids", "port: tap-web, direction: ingress, filter: icmp, snapLength: 60, tenant: blue"),
  flowText("off", "ids", "port: tap-db, enabled: false, tenant: blue"),
);

/** What is told of frames. */
const linesOf = (events: readonly TapEvent[]) =>
  events.flatMap((event) => (event.type === "frames" ? event.frames : []));
const endOf = (events: readonly TapEvent[]) => events.find((event) => event.type === "watch-ended")?.error;

/** What counts the writes on a bridge, and rises with them: its generation, and the default rule that bears it. */
const COUNTS = [
  /^~ Bridge br-tap \([\w-]+\) other_config: (?:\{(?:"taas-(?:generation|writes|meters)":"\d+",?)+\}(?: -> )?){2}$/,
  /^[-+] br-tap flows: cookie=0x7a7\w+, priority=0 actions=drop$/,
];

/** In what a host differs from what it was, but for how often it was written. */
const changesOf = (before: HostSnapshot, now: HostSnapshot) =>
  diffSnapshots(before, now).filter((line) => !COUNTS.some((count) => count.test(line)));

describe("a watch of a tap", function () {
  this.timeout(60_000);
  let lab: Lab;
  let console: LabConsole;
  let taps: Map<string, TapRow>;
  let untouched: HostSnapshot;
  const as = (user: string) => new ConsoleClient(console, user);

  before(async () => {
    lab = await startLab({
      hosts: 1,
      vms: ["web", "db", "ids"].map((name) => ({ name, host: 1, stack: "kernel" as const })),
    });
    await learn([lab.vm("web"), lab.vm("db")]);
    console = await startLabConsole(lab, { users: USERS, program: PROGRAM });
    const { error } = await as("ada").change({ kind: "apply" });
    expect(error).to.equal(undefined);
    const rows = await until(
      () => as("ada").get<TapRow[]>("/api/taps"),
      (found) => found.length === 2 && found.every(({ state }) => state === "active" || state === "disabled"),
    );
    taps = new Map(rows.map((row) => [row.name, row]));
    untouched = await lab.host(1).snapshot();
  });

  after(async function () {
    this.timeout(30_000);
    await console?.close();
    await lab?.stop();
  });

  const idOf = (name: string) => taps.get(name)!.id;
  const pathOf = (name: string, rest: string) => `/api/taps/${idOf(name)}/${rest}`;
  const watchOf = (id: string) => `/api/events?tap=${id}&watch=1`;
  const watch = (user: string, name = "web") => as(user).events<TapEvent>(watchOf(idOf(name)));
  const isWatched = (events: readonly TapEvent[]) => events.some(({ type }) => type === "watch");
  const captures = async () =>
    (await lab.host(1).ovs("ovs-vsctl get Bridge br-tap external_ids")).match(/taas:capture\//g)?.length ?? 0;
  const isAsBefore = () =>
    until(
      async () => changesOf(untouched, await lab.host(1).snapshot()),
      (differences) => differences.length === 0,
    );

  it("shows what a ping makes the tap copy, with one capture for all viewers, and leaves the host as it was", async () => {
    const [web, db] = [lab.vm("web"), lab.vm("db")];
    const [tim, ada] = [await watch("tim"), await watch("ada")];
    await until(
      () => [tim, ada],
      (streams) => streams.every(({ events }) => isWatched(events)),
    );
    expect(await captures()).to.equal(1);
    // Neither what the filter leaves out nor the other direction is copied, or shown.
    await db.send([datagram(db, web)]);
    const began = performance.now();
    await db.run(["ping", "-c3", "-i0.1", "-W2", web.ip]);
    await until(
      () => [tim, ada],
      (streams) => streams.every(({ events }) => linesOf(events).length >= 3),
    );
    process.stdout.write(
      `      frames of a ping after ${((performance.now() - began) / 1000).toFixed(2)} s\n`,
    );
    for (const { events } of [tim, ada])
      expect(
        linesOf(events).map(({ direction, text, bytes }) => `${direction} ${text} ${bytes}`),
      ).to.deep.equal(Array(3).fill(`ingress ${db.ip} > ${web.ip} icmp echo request, 98 bytes 98`));
    expect(Math.abs(Date.parse(linesOf(tim.events)[0]!.at) - Date.now())).to.be.lessThan(60_000);
    ada.end();
    await db.run(["ping", "-c1", "-W2", web.ip]);
    await until(
      () => linesOf(tim.events),
      (lines) => lines.length === 4,
    );
    tim.end();
    await isAsBefore();
    expect(await captures()).to.equal(0);
  });

  it("can be downloaded by whoever may watch, as a file that tshark reads, each frame truncated as the tap truncates it", async function () {
    requireProgram(this, "tshark");
    const response = await fetch(as("tim").origin + pathOf("web", "capture.pcapng"), {
      headers: as("tim").headers,
    });
    expect(response.status).to.equal(200);
    expect(response.headers.get("content-disposition")).to.match(/^attachment/);
    const file = join(lab.directory, "capture.pcapng");
    await writeFile(file, Buffer.from(await response.arrayBuffer()));
    const fields = ["frame.len", "frame.cap_len", "ip.dst", "icmp.type"].flatMap((field) => ["-e", field]);
    const read = await must(["tshark", "-n", "-r", file, "-T", "fields", "-E", "separator=,", ...fields]);
    expect(read.trim().split("\n")).to.deep.equal(Array(4).fill(`98,60,${lab.vm("web").ip},8`));
  });

  it("is refused to a tenant that does not have the tap, and to a viewer", async () => {
    const none = await as("rita").ask("GET", "/api/taps/0123456789abcdef/capture.pcapng");
    expect(none.status).to.equal(404);
    const { status, body } = await as("rita").ask("GET", pathOf("web", "capture.pcapng"));
    expect({ status, body }).to.deep.equal({ status: 404, body: none.body });
    for (const path of [watchOf(idOf("web")), pathOf("web", "capture.pcapng")])
      expect((await as("vera").ask("GET", path)).status).to.equal(403);
    const told = async (id: string) => {
      const { events, end } = await as("rita").events<TapEvent>(watchOf(id));
      await until(
        () => endOf(events),
        (error) => error !== undefined,
      );
      end();
      return events.filter(({ type }) => type === "gone" || type === "watch-ended" || type === "watch");
    };
    const gone = await told("0123456789abcdef");
    expect(gone.map(({ type }) => type)).to.deep.equal(["gone", "watch-ended"]);
    expect(await told(idOf("web"))).to.deep.equal(gone);
    expect(await captures()).to.equal(0);
    const can = async (user: string) => (await as(user).get<Session>("/api/session")).can.watch;
    expect([await can("ada"), await can("tim"), await can("vera")]).to.deep.equal([true, true, false]);
  });

  it("shows nothing of a tap that copies nothing, and says so", async () => {
    const stream = await watch("tim", "off");
    const error = await until(
      () => endOf(stream.events),
      (found) => found !== undefined,
    );
    expect(error).to.include({ code: "not-copying", message: "nothing is copied: the tap is disabled" });
    expect(await captures()).to.equal(0);
    stream.end();
  });

  it("ends with a message when somebody removes its claim, and the tap's screen continues", async () => {
    const [tim, ada] = [await watch("tim"), await watch("ada")];
    await until(
      () => [tim, ada],
      (streams) => streams.every(({ events }) => isWatched(events)),
    );
    const ids = await lab.host(1).ovs("ovs-vsctl get Bridge br-tap external_ids");
    const key = /"?(taas:capture\/[^"=]+)"?=/.exec(ids)![1]!;
    await lab.host(1).run(["ovs-vsctl", "remove", "Bridge", "br-tap", "external_ids", `"${key}"`]);
    await until(
      () => [tim, ada],
      (streams) => streams.every(({ events }) => endOf(events) !== undefined),
    );
    expect(endOf(ada.events)).to.include({ code: "claim-lost", host: "host1" });
    expect(endOf(tim.events)).to.deep.equal({
      code: "claim-lost",
      message: "the tap cannot be watched now; an admin is told why",
      host: "host1",
    });
    expect(await as("tim").get<Tap>(`/api/taps/${idOf("web")}`)).to.include({ name: "web" });
    for (const { end } of [tim, ada]) end();
    await isAsBefore();
  });

  it("ends with the server", async () => {
    const stream = await watch("ada");
    await until(
      () => stream.events,
      (events) => isWatched(events),
    );
    await console.close();
    expect(changesOf(untouched, await lab.host(1).snapshot())).to.deep.equal([]);
  });
});
