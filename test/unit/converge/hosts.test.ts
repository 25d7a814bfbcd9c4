import { expect } from "chai";
import type { Host } from "../../../provider/converge/host";
import { copyRefusal, lookAll, uniqueMachines } from "../../../provider/converge/hosts";
import type { Look } from "../../../provider/converge/look";
import type { TaasError } from "../../../provider/errors";
import type { HostRecord } from "../../../provider/host/host";
import { observed } from "../model/observed";

/** A host with the identifiers that a clone of it has too, or that one may report which was told them. */
function seen(name: string, bootId: string, ids: Record<string, string> = {}): Look {
  const externalIds = { hostname: "golden", "system-id": "3fd7", ...ids };
  return {
    record: { name, address: name },
    bootId,
    facts: { ...observed(), machine: "one-uuid", externalIds },
    read: { claims: new Map(), generation: 0, bridge: undefined },
    now: 0,
  };
}

const names = (looks: readonly Look[]) => looks.map(({ record }) => record.name);

describe("hosts whose Open vSwitch has one _uuid", () => {
  it("are one machine under several names if all identifiers are the same, also where a kernel has no boot id", () => {
    for (const boot of ["boot-1", ""]) {
      const looks = [seen("a", boot), seen("b", boot)] as const;
      expect(copyRefusal(...looks)).to.equal(undefined);
      expect(names(uniqueMachines(looks))).to.deep.equal(["a"]);
    }
  });

  it("are two machines if they were booted separately, and none is left out", async () => {
    const looks = [seen("a", "boot-1"), seen("b", "boot-2")] as const;
    expect(names(uniqueMachines(looks))).to.deep.equal(["a", "b"]);
    const open = ({ name }: HostRecord) => ({ look: async () => seen(name, `boot of ${name}`) }) as Host;
    const error: TaasError = await lookAll(open, [looks[0].record, looks[1].record]).catch(
      (reason) => reason,
    );
    expect(error).to.include({ code: "database-copied", host: "b" });
    expect(error.shortMessage).to.match(
      /of host a \(golden, boot boot of a, .*; here golden, boot boot of b,/,
    );
  });

  it("are two machines if one does not say which boot it is, as one that poses as the other may do", () => {
    expect(copyRefusal(seen("a", ""), seen("b", "boot-2"))).to.have.property("code", "database-copied");
  });

  it("are two machines if they run on one kernel, in containers, and differ in hostname or system-id", () => {
    for (const id of ["hostname", "system-id"]) {
      const looks = [seen("a", "boot-1"), seen("b", "boot-1", { [id]: "other" })];
      expect(names(uniqueMachines(looks))).to.deep.equal(["a", "b"]);
    }
  });
});
