import { readFile, writeFile } from "node:fs/promises";
import { expect } from "chai";
import type { Preview } from "../../../console/api/changes";
import type { Event, TapEvent } from "../../../console/api/events";
import type { Vm } from "../../../console/api/ports";
import type { HostRow, ServiceRow, Tap, TapRow } from "../../../console/api/rows";
import type { Users } from "../../../console/server/roles/users";
import { applied, NOTHING_YET } from "../../../console/web/live";
import { askRaw } from "../../console/askRaw";
import { ConsoleClient, until } from "../../console/client";
import { type LabConsole, startLabConsole } from "../../console/consoleLab";
import { PEOPLE } from "../../console/people";
import { flowText, programOf, serviceText } from "../../console/program";
import { type Lab, startLab } from "../../lab/lab";

const USERS: Users = {
  approval: false,
  users: PEOPLE,
  ports: {
    blue: [{ vm: "b1000000-0000-4000-8000-000000000001" }, { name: "tap-bids" }],
    red: [{ name: "tap-r*" }],
  },
};

/** What Pulumi's YAML would put another resource's output in for. */
const EXPRESSION = "$".concat("{red.ref}");

const PROGRAM = programOf(
  serviceText("blue", "host: host2, port: tap-bids, tenant: blue, allowCrossTenant: true"),
  serviceText("red", "host: host2, port: tap-rids, tenant: red"),
  flowText("bweb", "blue", "port: tap-bweb, tenant: blue"),
  flowText("rweb", "red", "port: tap-rweb, tenant: red"),
  flowText("seized", "red", "port: tap-bweb, tenant: red"),
);

describe("the roles of the console, on real hosts", () => {
  let lab: Lab;
  let console: LabConsole;
  const as = (user: string) => new ConsoleClient(console, user);
  let blueTap: TapRow;
  let redTap: TapRow;
  let redService: ServiceRow;
  let blueService: ServiceRow;

  before(async function () {
    this.timeout(60_000);
    lab = await startLab({
      hosts: 2,
      vms: [
        { name: "bweb", host: 1, vmUuid: "b1000000-0000-4000-8000-000000000001" },
        { name: "rweb", host: 1 },
        { name: "bids", host: 2 },
        { name: "rids", host: 2 },
      ],
    });
    console = await startLabConsole(lab, { users: USERS, program: PROGRAM });
    const ada = as("ada");
    const done = await ada.change({ kind: "apply" });
    expect(done.error).to.equal(undefined);
    const taps = await until(
      () => ada.get<TapRow[]>("/api/taps"),
      (rows) => rows.length === 3 && rows.every(({ state }) => state === "active"),
    );
    [blueTap, redTap] = [
      taps.find(({ name }) => name === "bweb")!,
      taps.find(({ name }) => name === "rweb")!,
    ];
    const services = await ada.get<ServiceRow[]>("/api/services");
    blueService = services.find(({ name }) => name === "blue")!;
    redService = services.find(({ name }) => name === "red")!;
  });

  after(async function () {
    this.timeout(30_000);
    await console?.close();
    await lab?.stop();
  });

  it("show a tenant its own taps in lists, in live updates and by id, and an admin all", async () => {
    const names = async (user: string, what: string) =>
      (await as(user).get<{ name: string }[]>(`/api/${what}`)).map(({ name }) => name).sort();
    expect(await names("tim", "taps")).to.deep.equal(["bweb"]);
    expect(await names("tim", "services")).to.deep.equal(["blue"]);
    expect(await names("rita", "taps")).to.deep.equal(["rweb", "seized"]);
    expect(await names("ada", "taps")).to.deep.equal(["bweb", "rweb", "seized"]);
    expect(await names("vera", "taps")).to.deep.equal(["bweb", "rweb", "seized"]);
    const hosts = await as("tim").get<HostRow[]>("/api/hosts");
    expect(hosts.map(({ name, taps }) => [name, taps])).to.deep.equal([
      ["host1", 1],
      ["host2", 0],
    ]);
    const stream = await as("tim").events();
    await until(
      () => stream.events,
      (events) => events.some(({ type }) => type === "rates"),
    );
    stream.end();
    const [first] = stream.events as [Extract<Event, { type: "snapshot" }>];
    expect(first.taps.map(({ name }) => name)).to.deep.equal(["bweb"]);
    expect(first.changes).to.deep.equal([]);
    expect(JSON.stringify(stream.events)).not.to.match(/rweb|rids|seized|"red"/);
    expect(JSON.stringify(stream.events)).not.to.include(redTap.id);
  });

  it("give a tenant the same answer for another's tap as for one that does not exist", async () => {
    const none = await as("tim").ask("GET", "/api/taps/0123456789abcdef");
    expect(none.status).to.equal(404);
    const { status, body } = await as("tim").ask("GET", `/api/taps/${redTap.id}`);
    expect({ status, body }).to.deep.equal({ status: 404, body: none.body });
    const { events, end } = await as("tim").events<Event | TapEvent>(`/api/events?tap=${redTap.id}`);
    await until(
      () => events,
      (told) => told.some(({ type }) => type === "gone"),
    );
    end();
    expect(JSON.stringify(events)).not.to.match(/rweb|rids|"red"|"stages"/);
    expect(await as("tim").get<Tap>(`/api/taps/${blueTap.id}`)).to.include({ name: "bweb" });
    const whole = await as("ada").get<Tap>(`/api/taps/${redTap.id}`);
    expect(whole.claims.map(({ host }) => host).sort()).to.deep.equal(["host1", "host2"]);
    expect(whole.stages.map(({ kind }) => kind)).to.deep.equal(["source", "capture", "tunnel", "delivery"]);
  });

  it("let a tenant tap only the ports that the file gives it", async () => {
    const vms = await as("tim").get<Vm[]>("/api/hosts/host1/ports");
    expect(vms.flatMap(({ vnics }) => vnics.map(({ port }) => port))).to.deep.equal(["tap-bweb"]);
    const tappedBy = async (user: string) =>
      (await as(user).get<Vm[]>("/api/hosts/host1/ports"))
        .flatMap(({ vnics }) => vnics)
        .find(({ port }) => port === "tap-bweb")!
        .tappedBy.sort();
    expect(await tappedBy("tim")).to.deep.equal(["bweb"]);
    expect(await tappedBy("ada")).to.deep.equal(["bweb", "seized"]);
    const facts = await as("tim").ask("GET", "/api/hosts/host1/ports/tap-rweb/facts");
    expect(facts.status).to.equal(404);
  });

  it("refuse a tenant's forged ids, ports and services, and change nothing", async () => {
    const tap = { kind: "createTap", name: "x", host: "host1", direction: "both" };
    const own = { service: { id: blueService.id }, port: { port: "tap-bweb" } };
    const forged: [string, number, object][] = [
      ["delete another's tap", 404, { kind: "deleteTap", id: redTap.id }],
      ["delete another's service", 404, { kind: "deleteService", id: redService.id }],
      ["tap into another's service", 404, { ...tap, ...own, service: { id: redService.id } }],
      ["tap another's port", 400, { ...tap, ...own, port: { port: "tap-rweb" } }],
      [
        "have another's port as monitor",
        400,
        { kind: "createService", name: "x", host: "host2", port: { port: "tap-rids" } },
      ],
      [
        "send copies to a collector",
        403,
        { kind: "createService", name: "x", collector: { address: "192.0.2.9", type: "gre" } },
      ],
      ["give a tenant", 400, { ...tap, ...own, tenant: "red" }],
      ["name an expression", 400, { ...tap, ...own, name: `x: ${EXPRESSION}` }],
      ["name an owner instead of an id", 400, { kind: "deleteTap", id: redTap.owner }],
      ["a host that is none", 400, { ...tap, ...own, host: "__proto__" }],
    ];
    for (const [what, status, edit] of forged) {
      const answer = await as("tim").ask("POST", "/api/previews", edit);
      expect(answer.status, what).to.equal(status);
    }
    const refused = await as("vera").ask("POST", "/api/previews", { kind: "apply" });
    expect(refused.status).to.equal(403);
  });

  it("treat a tenant's text as text, and label what it creates", async function () {
    this.timeout(30_000);
    const preview = await as("tim").preview({
      ...({ kind: "createTap", name: "mine", host: "host1", direction: "egress" } as const),
      ...{ service: { id: blueService.id }, port: { port: "tap-bweb" } },
      description: `${EXPRESSION} <b>`,
    });
    expect(preview.error).to.equal(undefined);
    expect(preview.programDiff).to.include("+      tenant: blue");
    expect(preview.programDiff).to.include(`$${EXPRESSION} <b>`);
    expect(preview.programDiff).not.to.include("rweb");
    expect(preview).not.to.have.property("pulumiDiff");
    expect(preview).to.include({ summary: "1 to create", hiddenSteps: 0, needsApproval: false });
    const seen = await as("rita").ask("GET", `/api/previews/${preview.id}`);
    expect(seen.status).to.equal(404);
    expect(await as("ada").get<Preview>(`/api/previews/${preview.id}`)).to.have.property("pulumiDiff");
  });

  it("refuse everybody whom the file does not name", async () => {
    for (const user of ["mallory", "__proto__", "constructor", ""]) {
      const { status, body } = await as(user).ask("GET", "/api/taps");
      expect([status, (body as { code: string }).code], user).to.deep.equal([403, "forbidden"]);
    }
  });

  const raw = (path: string, headers: Record<string, string>, method?: string, body?: string) =>
    askRaw(console.url, path, { headers: { "x-user": "ada", ...headers }, method, body });

  it("are behind a guard: other names, origins, forms and paths are refused", async () => {
    const { host, origin } = new URL(console.url);
    const json = { "content-type": "application/json" };
    const answers: [number, Awaited<ReturnType<typeof raw>>][] = [
      [200, await raw("/api/session", { host })],
      [421, await raw("/api/session", { host: `attacker.example:${host.split(":")[1]}` })],
      [421, await raw("/", { host: "127.0.0.1" })],
      [403, await raw("/api/session", { host, origin: "https://attacker.example" })],
      [403, await raw("/api/session", { host, "sec-fetch-site": "cross-site" })],
      [403, await raw("/api/previews", { host, ...json }, "POST", '{"kind":"apply"}')],
      [403, await raw("/api/previews", { host, origin: "null", ...json }, "POST", '{"kind":"apply"}')],
      [
        415,
        await raw(
          "/api/previews",
          { host, origin, "content-type": "text/plain" },
          "POST",
          '{"kind":"apply"}',
        ),
      ],
      [
        405,
        await raw(
          "/api/previews",
          { host, origin: "https://attacker.example", "access-control-request-method": "POST" },
          "OPTIONS",
        ),
      ],
      [413, await raw("/api/previews", { host, origin, ...json }, "POST", `"${"x".repeat(1 << 20)}"`)],
      [400, await raw("/api/previews", { host, origin, ...json }, "POST", "{")],
      [404, await raw("/../../../../etc/passwd", { host })],
      [404, await raw("/%2e%2e/%2e%2e/etc/passwd", { host })],
      [404, await raw("/api/hosts/..%2f..%2fetc%2fpasswd/ports", { host })],
      [404, await raw("/app.js/../../cli.js", { host })],
      [404, await raw("/api/taps/%ff", { host })],
    ];
    for (const [status, answer] of answers) expect(answer.status, answer.text).to.equal(status);
    for (const [, { headers }] of answers) {
      expect(headers["content-security-policy"]).to.match(/^default-src 'none'; .*frame-ancestors 'none'$/);
      expect(headers).to.include({
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "cache-control": "no-store",
      });
      expect(headers).not.to.have.property("access-control-allow-origin");
    }
  });

  it("pass on what a hostile host sends as text, cut and without terminal codes", async () => {
    const html = "<img src=x onerror=alert(1)>";
    const long = "x".repeat(100_000);
    await lab
      .host(1)
      .run(["ovs-vsctl", "set", "Interface", "tap-rweb", `external_ids:vm-uuid="${html}\\u001b[2J"`]);
    await lab
      .host(1)
      .run(["ovs-vsctl", "set", "Port", "tap-rweb", `external_ids:long="${long.slice(0, 100_000)}"`]);
    const answer = await until(
      () => as("ada").ask("GET", "/api/hosts/host1/ports"),
      ({ body }) => JSON.stringify(body).includes("onerror"),
    );
    expect(answer.headers.get("content-type")).to.equal("application/json; charset=utf-8");
    const raws = await raw("/api/hosts/host1/ports", { host: new URL(console.url).host });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(raws.text).not.to.match(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
    expect(raws.text.length).to.be.lessThan(50_000);
  });

  it("take a tap from the open page of the tenant that had it, and give it to the other's", async function () {
    this.timeout(60_000);
    const [tim, rita] = [await as("tim").events(), await as("rita").events()];
    const program = await readFile(console.file, "utf8");
    await writeFile(
      console.file,
      program.replace("port: tap-bweb, tenant: blue", "port: tap-bweb, tenant: red"),
    );
    const change = await as("ada").change({ kind: "apply" });
    expect(change.error).to.equal(undefined);
    const shown = (events: readonly Event[]) => [...events.reduce(applied, NOTHING_YET).taps.values()];
    await until(
      () => [tim, rita].map(({ events }) => shown(events).map(({ name }) => name)),
      ([his, hers]) => his!.length === 0 && hers!.includes("bweb"),
    );
    tim.end();
    rita.end();
    expect((await as("tim").ask("GET", `/api/taps/${blueTap.id}`)).status).to.equal(404);
  });
});
