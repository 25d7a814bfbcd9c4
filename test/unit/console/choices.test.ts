import { expect } from "chai";
import type { Vnic } from "../../../console/api/ports";
import { missingOf, NO_MATCH } from "../../../console/web/matchChoice";
import { NO_MONITOR } from "../../../console/web/monitorChoice";
import {
  editOf,
  endsAfter,
  NEW_SERVICE,
  NO_CHOICE,
  proposedName,
  untilOf,
} from "../../../console/web/newTapChoice";
import type { PlacedVm } from "../../../console/web/placedVm";
import { createSentence, portsSentence } from "../../../console/web/sentences";

const vnic: Vnic = {
  port: "tap-web",
  ref: { vmUuid: "u", vnic: 1 },
  index: 1,
  monitor: false,
  tappedBy: [],
};
const vm: PlacedVm = { id: "u", name: "web", host: "host1", key: "host1 u", vnics: [vnic] };
const chosen = { ...NO_CHOICE, service: "s", vm: vm.key, vnic: "1" };

describe("the choices for a new tap", () => {
  it("become an edit with the port as the server named it, and without empty fields", () => {
    expect(editOf({ ...chosen, filter: "  " }, "web", vm, vnic, [vm])).to.deep.equal({
      kind: "createTap",
      name: "web",
      service: { id: "s" },
      host: "host1",
      port: vnic.ref,
      direction: "both",
    });
  });

  it("create a service with the tap if none in the list is wanted", () => {
    const monitor = { ...NO_MONITOR, name: "ids", port: "host1 tap-web" };
    const edit = editOf({ ...chosen, service: NEW_SERVICE, monitor }, "web", vm, vnic, [vm]);
    expect(edit).to.deep.include({ service: { create: { name: "ids", host: "host1", port: vnic.ref } } });
    const collector = { ...NO_MONITOR, name: "rec", kind: "collector" as const, address: "192.0.2.9" };
    expect(
      editOf({ ...chosen, service: NEW_SERVICE, monitor: collector }, "web", vm, vnic, [vm]),
    ).to.deep.include({
      service: { create: { name: "rec", collector: { address: "192.0.2.9", type: "gre" } } },
    });
  });

  it("are no edit until they are complete", () => {
    expect(editOf({ ...chosen, service: "" }, "web", vm, vnic, [vm])).to.equal(undefined);
    expect(editOf(chosen, "web", vm, undefined, [vm])).to.equal(undefined);
    expect(editOf({ ...chosen, service: NEW_SERVICE }, "web", vm, vnic, [vm])).to.equal(undefined);
  });

  it("are no edit with an end that cannot be read, and do not become a tap without one", () => {
    for (const ends of ["20260-12-31T23:59", "202612-12-31T23:59", "soon"]) {
      expect(editOf({ ...chosen, ends }, "web", vm, vnic, [vm])).to.equal(undefined);
      const told = {
        direction: "both",
        filter: "",
        oneIn: undefined,
        service: "ids",
        source: "web",
      } as const;
      expect(createSentence({ ...told, ends })).to.include(", until a time that cannot be read.");
    }
  });

  it("propose a name that is free and valid in a program", () => {
    expect(proposedName("web", new Set())).to.equal("web");
    expect(proposedName("web", new Set(["web", "web-2"]))).to.equal("web-3");
    expect(proposedName("<b>\u001b[2J", new Set())).to.equal("b-2J");
    expect(proposedName("\u202e", new Set())).to.equal("tap");
    expect(proposedName("9b1d3c0a-0001", new Set())).to.equal("tap-9b1d3c0a-0001");
  });

  it("reads its end in local time and sends it with a zone, as a person writes it", () => {
    const now = Date.UTC(2026, 10, 29, 10, 30);
    const until = untilOf(endsAfter(8, now))!;
    expect(until).to.match(/^2026-11-\d\dT\d\d:\d\d:00[+-]\d\d:\d\d$/);
    expect(Date.parse(until) - now).to.equal(8 * 3_600_000);
    expect(untilOf("")).to.equal(undefined);
    expect(untilOf("soon")).to.equal(undefined);
  });

  it("asks for a sample of conversations, and for every conversation where the field says none or one", () => {
    const cases: [string, object | undefined][] = [
      ["16", { oneIn: 16 }],
      ["", undefined],
      ["1", undefined],
      ["1.5", undefined],
      ["-4", undefined],
    ];
    for (const [oneIn, sampling] of cases) {
      const edit = editOf({ ...chosen, oneIn }, "web", vm, vnic, [vm]);
      expect(edit !== undefined && "sampling" in edit ? edit.sampling : undefined).to.deep.equal(sampling);
    }
  });

  it("becomes a selector with what is filled in, and one tap a host", () => {
    const match = {
      hosts: ["host1", "host2"],
      network: " n1 ",
      vlan: "20",
      vm: "u",
      like: "tap-*",
      ids: "vm-type=db, project",
      except: "tap-dns, tap-infra-*,\nvm-type=dns",
    };
    const edit = editOf({ ...chosen, source: "match", match }, "office", undefined, undefined, [vm]);
    expect(edit).to.deep.equal({
      kind: "createGroup",
      hosts: ["host1", "host2"],
      ports: {
        network: "n1",
        vlan: 20,
        vm: "u",
        name: "tap-*",
        externalIds: { "vm-type": "db", project: "*" },
        except: ["tap-dns", { name: "tap-infra-*" }, { externalIds: { "vm-type": "dns" } }],
      },
      name: "office",
      service: { id: "s" },
      direction: "both",
    });
  });

  it("is no tap of ports that match before a host and a condition are given, and says what is missing", () => {
    const cases = [
      [NO_MATCH, "hosts"],
      [{ ...NO_MATCH, hosts: ["host1"], except: "tap-dns" }, "ports"],
      [{ ...NO_MATCH, like: "*" }, "hosts"],
      [{ ...NO_MATCH, hosts: ["host1"], vlan: "0" }, undefined],
    ] as const;
    for (const [match, field] of cases) {
      const edit = editOf({ ...chosen, source: "match", match }, "office", undefined, undefined, [vm]);
      expect(missingOf(match)?.field).to.equal(field);
      expect(edit === undefined).to.equal(field !== undefined);
    }
  });

  it("is told in a sentence: what is copied, of what, how much of it, to where and until when", () => {
    const told = { direction: "ingress", filter: "", oneIn: undefined, service: "ids", ends: "" } as const;
    expect(createSentence({ ...told, source: "web's vNIC 1" })).to.equal(
      "Copies to ids all frames that web's vNIC 1 receives, until the tap is deleted. Production traffic is not touched.",
    );
    const ports = portsSentence(
      { name: "tap-*", vlan: 20, externalIds: { kind: "*" }, except: ["tap-dns", { name: "tap-x*" }] },
      ["host1", "host2"],
    );
    expect(
      createSentence({
        source: ports,
        direction: "both",
        filter: "tcp port 443",
        oneIn: 4,
        service: undefined,
        ends: "2030-01-31T18:00",
      }).replaceAll(/\s/g, " "),
    ).to.equal(
      "Copies to the monitor the frames that every port on host1 and host2 named like tap-*, of VLAN 20, and with any kind but not tap-dns and those named like tap-x* sends and receives and that match “tcp port 443”, of one conversation in 4, until Jan 31, 2030, 6:00 PM. Production traffic is not touched.",
    );
  });
});
