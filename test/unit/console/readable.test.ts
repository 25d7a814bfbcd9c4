import { expect } from "chai";
import fc from "fast-check";
import type { HostRow, ServiceRow, TapRow } from "../../../console/api/rows";
import { readableFor, rowFor, ruleFor, stageFor, wordsFor } from "../../../console/server/roles/readable";
import { OPERATOR, type Viewer } from "../../../console/server/roles/viewer";

const TIM: Viewer = { user: "tim", role: "tenant", tenant: "blue", ports: [] };

const tap = (name: string, tenant: string, rest: Partial<TapRow> = {}) =>
  ({
    ...{ id: name, name, tenant, owner: `acme/taps/prod/taas:index:TapFlow/${name}`, host: "host1" },
    ...{
      port: `tap-${name}`,
      service: `${tenant}-ids`,
      monitor: "tap-ids on host2",
      changedBy: "alice@build1",
    },
    ...{ state: "active", direction: "both", stack: "acme/taps/prod", ...rest },
  }) as TapRow;

const rows = (...taps: TapRow[]) => ({
  taps,
  services: [] as ServiceRow[],
  hosts: [{ name: "host1", address: "192.0.2.11", state: "reachable" } as HostRow],
});

describe("what hosts and Pulumi say, as a tenant may read it", () => {
  const known = rows(tap("web", "blue"), tap("secretive", "red", { vm: "mainframe" }));
  const words = wordsFor(TIM, known, { people: ["carol"] });

  const cases: [string, string][] = [
    ["host host1: port tap-web is not plugged", "host host1: port tap-web is not plugged"],
    [
      `host host1 (192.0.2.11): port "tap-web" is missing; there are tap-db, tap-mail`,
      `host host1 (192.0.2.11): port "tap-web" is missing; there are …`,
    ],
    ["the tunnel id 4711 is that of secretive", "the tunnel id 4711 is that of …"],
    ["SECRETIVE's port of mainframe, written by carol", "…'s port of …, written by …"],
    ["claimed by acme/taps/prod/taas:index:TapFlow/other of user@machine", "claimed by … of …"],
    ["cannot connect to root@198.51.100.7:2222 with /home/op/.ssh/id_ed25519", "cannot connect to … with …"],
    ["of tenant red", "of tenant …"],
    ["32 Mirrors on br-int, missing taas-0a1b", "32 Mirrors on br-int, missing taas-0a1b"],
    [`Run: \`pulumi cancel\` and "any words in quotes"`, `Run: \`…\` and "…"`],
  ];
  for (const [text, readable] of cases)
    it(`of "${text}" is "${readable}"`, () => {
      expect(readableFor(words, text)).to.equal(readable);
    });

  it("never has a name of others, wherever it stands, nor what is no word", () => {
    const name = fc.stringMatching(/^[A-Za-z0-9._:/@-]{4,20}$/).filter((text) => /[A-Za-z]{3}/.test(text));
    const around = fc.constantFrom(" ", "(", '"', ": ", ", ", "'", "`", "; by ");
    const property = fc.property(name, name, around, around, (foreign, unknown, before, after) => {
      const all = rows(tap("web", "blue"), tap(foreign, "red"));
      const text = `port${before}${foreign}${after} of${before}${unknown}-1${after} is taken`;
      const readable = readableFor(wordsFor(TIM, all), text);
      const shown = JSON.stringify([all.taps[0], all.hosts]);
      for (const word of [foreign, `${unknown}-1`])
        if (!shown.includes(word)) expect(readable.split(/[\s(),;:"'`]+/)).not.to.include(word);
    });
    fc.assert(property, { numRuns: 300 });
  });

  it("is nothing of a word that is too long, however many marks it has, and costs little", () => {
    const long = `x${"!".repeat(100_000)}x`;
    const before = process.cpuUsage();
    expect(readableFor(words, `of ${long} here`)).to.equal("of … here");
    expect(readableFor(wordsFor(TIM, rows(tap(long, "red"))), "of it")).to.equal("of it");
    const { user } = process.cpuUsage(before);
    expect(user / 1000, "milliseconds").to.be.lessThan(1000);
  });

  it("is a rule without the addresses that a tunnel leads between", () => {
    const rule =
      "host1 br-tap: table=1,tun_id=0x1,tun_src=192.0.2.11,tun_ipv6_dst=2001:db8::1 actions=set_field:192.0.2.12->tun_dst,set_field:7->tun_id,output:2";
    expect(ruleFor(TIM, rule)).to.equal(
      "host1 br-tap: table=1,tun_id=0x1,tun_src=…,tun_ipv6_dst=… actions=set_field:…->tun_dst,set_field:7->tun_id,output:2",
    );
    expect(ruleFor(OPERATOR, rule)).to.equal(rule);
  });

  it("is where a tunnel leads, and why a stage is dead, for an admin only", () => {
    const stage = { kind: "tunnel", host: "host1", title: "tunnel", state: "dead" } as const;
    const told = {
      ...stage,
      detail: "to 198.51.100.7, shared by all that goes there",
      reason: "no port-of-red",
    };
    expect(stageFor(TIM, told, known)).to.deep.equal({
      ...{ ...stage, detail: "to …, shared by all that goes there", reason: "no …" },
    });
    expect(stageFor(OPERATOR, told, known)).to.equal(told);
  });

  it("is the reason of a tenant's own row, and all of it for an admin", () => {
    const row = tap("web", "blue", { state: "drifted", reason: "host host1: secretive has port tap-db" });
    const all = rows(row, tap("secretive", "red"));
    expect(rowFor(TIM, row, all).reason).to.equal("host host1: … has port …");
    expect(rowFor(OPERATOR, row, all)).to.equal(row);
  });
});
