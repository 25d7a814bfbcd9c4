import { expect } from "chai";
import type { Edit } from "../../../provider/converge/edit";
import type { Claim } from "../../../provider/schema/claim";
import { limitOf, sampleOf } from "../../sample";
import { ContendedHost, free } from "./contendedHost";
import { drop, put } from "./edits";
import { frozenAndSlow, interleave } from "./interleaving";

/** What a writer needs at most to end when it is alone; later calls would be none. */
const CALLS = 14;
const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
] as const;

const cases = ORDERS.flatMap((order) =>
  Array.from({ length: CALLS * CALLS }, (_, index) => ({
    order,
    frozenAt: 1 + Math.floor(index / CALLS),
    slowAt: 1 + (index % CALLS),
  })),
);

/** What three writers do at once. */
interface Contention {
  /** What is there before. */
  start: readonly Claim[];
  writers: readonly (readonly Edit[])[];
  /** The names of what is there afterwards, if that is the same at every interleaving. */
  end?: readonly string[];
}

/** Tests that nothing is wrong after what a frozen writer, a slow one and a fast one do, at every interleaving. */
export function testEveryInterleaving(what: string, { start, writers, end }: Contention): void {
  describe("a frozen writer, a slow one and a fast one", function () {
    this.timeout(limitOf(300_000));
    let host: ContendedHost;

    before(async () => {
      host = await ContendedHost.start();
    });
    after(() => host?.stop());

    it(`${what}, at every interleaving of their calls to the host`, async () => {
      for (const { order, frozenAt, slowAt } of sampleOf(cases, 12)) {
        const text = `${order.join(" ")}, frozen before ${frozenAt}, slow before ${slowAt}`;
        await host.reconciled(start.map(put), free);
        await interleave(
          writers.map((edits) => (stop: () => Promise<void>) => host.reconciled([...edits], stop)),
          frozenAndSlow(order, frozenAt, slowAt),
        );
        expect(await host.wrongRules(), text).to.deep.equal([]);
        const claims = await host.claims();
        if (end !== undefined)
          expect(claims.map(({ owner }) => owner.replace(/.*\//, "")).sort(), text).to.deep.equal(
            [...end].sort(),
          );
        await host.reconciled(claims.map(drop), free);
        expect(await host.wrongRules(), `${text}, at the end`).to.deep.equal([]);
        expect(await host.ovs.vsctl("list-br"), text).to.equal("br-int\nbr-tun\n");
        host.ways.close();
      }
    });
  });
}
