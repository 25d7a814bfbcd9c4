import { expect } from "chai";
import type { Vnic } from "../../../console/api";
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

const vnic: Vnic = {
  port: "tap-web",
  ref: { vmUuid: "u", vnic: 1 },
  index: 1,
  monitor: false,
  tappedBy: [],
};
const vm: PlacedVm = { id: "u", name: "web", host: "host1", key: "host1 u", vnics: [vnic] };
const chosen = { ...NO_CHOICE, service: "s", vm: vm.key, vnic: "1" };

describe("what is chosen for a new tap", () => {
  it("becomes an edit with the port as the server named it, and without what is empty", () => {
    expect(editOf({ ...chosen, filter: "  " }, "web", vm, vnic, [vm])).to.deep.equal({
      kind: "createTap",
      name: "web",
      service: { id: "s" },
      host: "host1",
      port: vnic.ref,
      direction: "both",
    });
  });

  it("makes a service with the tap where none of the list will do", () => {
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

  it("is no edit before it is complete", () => {
    expect(editOf({ ...chosen, service: "" }, "web", vm, vnic, [vm])).to.equal(undefined);
    expect(editOf(chosen, "web", vm, undefined, [vm])).to.equal(undefined);
    expect(editOf({ ...chosen, service: NEW_SERVICE }, "web", vm, vnic, [vm])).to.equal(undefined);
  });

  it("proposes a name that is free and that a program can have", () => {
    expect(proposedName("web", new Set())).to.equal("web");
    expect(proposedName("web", new Set(["web", "web-2"]))).to.equal("web-3");
    expect(proposedName("<b>\u001b[2J", new Set())).to.equal("b-2J");
    expect(proposedName("\u202e", new Set())).to.equal("tap");
  });

  it("reads its end in local time and sends it with a zone", () => {
    const now = Date.UTC(2026, 10, 29, 10, 30);
    const until = untilOf(endsAfter(8, now))!;
    expect(until).to.match(/Z$/);
    expect(Date.parse(until) - now).to.equal(8 * 3_600_000);
    expect(untilOf("")).to.equal(undefined);
    expect(untilOf("soon")).to.equal(undefined);
  });
});
