import { expect } from "chai";
import type { Edit } from "../../../console/api/edit";
import type { ServiceRow } from "../../../console/api/rows";
import { applyEdit } from "../../../console/server/changes/applyEdit";
import { editSchema } from "../../../console/server/changes/editSchema";
import type { Ground } from "../../../console/server/changes/ground";
import { endsOf } from "../../../console/server/live/ends";
import type { Live } from "../../../console/server/live/live";
import { Refusal } from "../../../console/server/refusal";
import { OPERATOR, type Viewer } from "../../../console/server/roles/viewer";
import { claimedHost, SERVICE as OTHERS, STACK, serviceClaim } from "../../console/claimedHost";
import { programOf, serviceText } from "../../console/program";

const PROGRAM = programOf(serviceText("ids", "host: host2, port: tap-ids"));
const ID = "0123456789abcdef";
const TENANT: Viewer = { user: "tim", role: "tenant", tenant: "blue", ports: [] };

const SERVICE = { id: ID, name: "ids", owner: "acme/taps/prod/TapService/ids" } as ServiceRow;

/** Hosts that have answered, and one that has not. */
const GROUND = {
  identity: { organization: "acme", stack: "prod" },
  live: {
    all: { taps: [], services: [SERVICE], hosts: [] },
    views: [
      ...["host1", "host2.example", "host2-example"].map((name) => ({
        record: { name },
        inspection: {},
        at: "2026-11-29T10:00:00Z",
      })),
      { record: { name: "host3" } },
    ],
  } as unknown as Live,
} satisfies Ground;

const GROUP: Extract<Edit, { kind: "createGroup" }> = {
  kind: "createGroup",
  name: "office",
  service: { id: ID },
  hosts: ["host1"],
  ports: { name: "tap-*" },
  direction: "both",
};

/** What an edit that comes in as JSON adds to the program. */
function added(edit: Edit, viewer = OPERATOR, ground: Ground = GROUND): string {
  const { text } = applyEdit(editSchema.parse(edit) as Edit, PROGRAM, viewer, ground);
  expect(text.slice(0, PROGRAM.length)).to.equal(PROGRAM);
  return text.slice(PROGRAM.length);
}

function refusalOf(edit: Edit, viewer = OPERATOR, ground: Ground = GROUND): Refusal["body"] {
  try {
    added(edit, viewer, ground);
  } catch (error) {
    if (error instanceof Refusal) return error.body;
    throw error;
  }
  throw new Error("it was not refused");
}

describe("taps of all ports that match, in the console's program", () => {
  it("are written as a person would write them, without what is the default", () => {
    expect(added(GROUP)).to.equal(`  office:
    type: taas:TapFlow
    properties:
      service: \${ids.ref}
      host: host1
      ports:
        name: tap-*
`);
    const whole = added({
      ...GROUP,
      ports: {
        vlan: 20,
        externalIds: { "vm-type": "db" },
        except: ["tap-dns", { name: "tap-x?" }],
      },
      direction: "ingress",
      filter: " tcp port 443 ",
      sampling: { oneIn: 16 },
      until: "2090-01-31T18:00:00+01:00",
    });
    expect(whole).to.equal(`  office:
    type: taas:TapFlow
    properties:
      service: \${ids.ref}
      host: host1
      ports:
        vlan: 20
        externalIds:
          vm-type: db
        except:
          - tap-dns
          - name: tap-x?
      direction: ingress
      filter: tcp port 443
      sampling:
        oneIn: 16
      until: "2090-01-31T18:00:00+01:00"
`);
  });

  it("are one resource a host, each called by the name and its host, behind a new service", () => {
    const text = added({
      ...GROUP,
      service: { create: { name: "recorder", collector: { address: "192.0.2.9", type: "gre" } } },
      hosts: ["host1", "host2.example"],
    });
    expect(text.match(/^ {2}\S+(?=:$)/gm)?.map((key) => key.trim())).to.deep.equal([
      "recorder",
      "office-host1",
      "office-host2-example",
    ]);
    expect(text.match(/service: .*/g)).to.deep.equal(Array(2).fill(`service: ${"$"}{recorder.ref}`));
    expect(text).to.include("host: host2.example\n");
  });

  it("are refused as a whole where one cannot be, and the field is named", () => {
    const cases: [Partial<typeof GROUP>, string, string][] = [
      [{ hosts: ["host1", "nowhere"] }, "host", "there is no host nowhere"],
      [{ hosts: ["host3"] }, "host", "has not answered yet"],
      [{ hosts: ["host2.example", "host2-example"] }, "hosts", "the name office-host2-example"],
      [{ name: "ids" }, "name", "the program already has a resource ids"],
      [{ filter: "port http" }, "filter", "port"],
    ];
    for (const [part, field, message] of cases) {
      const body = refusalOf({ ...GROUP, ...part });
      expect(body.field).to.equal(field);
      expect(body.message).to.include(message);
    }
  });

  it("are refused to a tenant, since what will match is nobody's yet", () => {
    expect(refusalOf(GROUP, TENANT)).to.include({ code: "forbidden" });
  });

  it("take expressions of Pulumi's as text", () => {
    const trap = "$".concat("{ids.ref}");
    const text = added({ ...GROUP, ports: { network: trap, except: [{ externalIds: { note: trap } }] } });
    expect(text).to.include(`network: $${trap}`).and.include(`note: $${trap}`);
    // Where dollars stand before it, too: Pulumi takes them two by two.
    const description = `$${trap}`;
    expect(added({ ...GROUP, description })).to.include(`description: $$$${trap}\n`);
    expect(added({ ...GROUP, description: "5$$ a day" })).to.include("description: 5$$$$ a day\n");
  });

  it("are refused where a key is an expression of Pulumi's, since no key can be text instead", () => {
    for (const key of ["fn::readFile", "Fn::secret", "$".concat("{ids.ref}"), "a$$b"]) {
      const body = refusalOf({ ...GROUP, ports: { externalIds: { [key]: "x" } } });
      expect(body).to.include({ code: "invalid", field: "ports" });
      expect(body.message).to.include(key);
    }
    expect(added({ ...GROUP, ports: { externalIds: { a$b: "x" } } })).to.include("a$b: x");
  });

  it("are one tap with the name as it is where one host is named twice", () => {
    expect(added({ ...GROUP, hosts: ["host1", "host1"] })).to.match(/^ {2}office:\n/);
  });

  it("are asked for with a selector that TapFlow takes, and a sample that it takes", () => {
    const wrong: object[] = [
      { ports: {} },
      { ports: { except: ["tap-dns"] } },
      { ports: { name: "tap *" } },
      { ports: { vlan: 4096 } },
      { ports: { color: "blue", name: "*" } },
      { hosts: [] },
      { sampling: { oneIn: 0 } },
      { sampling: { oneIn: 65536 } },
      { until: "2020-01-31T18:00:00Z" },
      { port: { port: "tap-web" } },
    ];
    for (const part of wrong)
      expect(editSchema.safeParse({ ...GROUP, ...part }).success, JSON.stringify(part)).to.equal(false);
    expect(editSchema.safeParse(GROUP).success).to.equal(true);
  });
});

describe("taps into services that are not in the console's program", () => {
  /** Hosts with a service of another stack, or of the program's own. */
  function groundOf(...hosts: string[]): Ground {
    const views = hosts.map((name) => claimedHost(name, [serviceClaim(`token of ${name}`)]));
    const row = { id: ID, name: "ids", owner: OTHERS, stack: STACK };
    const all = { ...GROUND.live.all, services: [row as ServiceRow] };
    return { ...GROUND, live: { ...GROUND.live, all, ends: endsOf(views, []) } as unknown as Live };
  }

  it("name the service as its host has it", () => {
    expect(added(GROUP, OPERATOR, groundOf("compute1")))
      .to.include(`owner: ${OTHERS}`)
      .and.include("host: compute1");
  });

  it("are refused where two hosts claim the service, because one of them may be lying", () => {
    const body = refusalOf(GROUP, OPERATOR, groundOf("compute1", "compute9"));
    expect(body).to.include({
      ...{ code: "invalid", field: "service" },
      message: `service ids of the stack ${STACK} is claimed on several hosts: compute1, compute9`,
    });
  });

  it("name the host that a service has moved to, although the one before it no longer answers", () => {
    const moved = (error?: object) =>
      endsOf(
        [
          claimedHost("compute1", [serviceClaim("one")], error as object),
          claimedHost("compute9", [serviceClaim("one")]),
        ],
        [],
      );
    const ground = groundOf("compute1");
    const live = (ends: object) => ({ ...ground, live: { ...ground.live, ends } as unknown as Live });
    const away = { error: { code: "unreachable", message: "no route" } };
    expect(added(GROUP, OPERATOR, live(moved(away)))).to.include("host: compute9");
    expect(refusalOf(GROUP, OPERATOR, live(moved())).message).to.include("claimed on several hosts");
  });

  it("are refused where the service is of this stack: the next run deletes it", () => {
    const ground = groundOf("compute1");
    const [service] = ground.live.all.services;
    Object.assign(service!, { owner: "acme/taps/prod/TapService/old", stack: "acme/taps/prod", name: "old" });
    expect(refusalOf(GROUP, OPERATOR, ground)).to.include({
      ...{ code: "invalid", field: "service" },
      message: "service old is no longer in the program, so the next run deletes it",
    });
    const refused = () => applyEdit({ kind: "deleteService", id: ID }, PROGRAM, OPERATOR, ground);
    expect(refused).to.throw(Refusal, "service old is no longer in the program");
    Object.assign(service!, { stack: STACK });
    expect(refused).to.throw(Refusal, `it belongs to the stack ${STACK}`);
  });
});
