import { expect } from "chai";
import { Proofs } from "../../../../cli/metrics/proofs";
import type { TapVerifications } from "../../../../provider/verify/verification";
import { verified } from "./verified";

const UNSEEN = [{ host: "h1", reason: "cannot reach it" }];
const times = (proofs: Proofs) => [...proofs.flows].map(({ flow, provedAt }) => [flow, provedAt]);

describe("the proofs of flows", () => {
  it("have the time of the last verification that proved each", () => {
    const proofs = new Proofs();
    proofs.add({ taps: [verified("a", "proved"), verified("b", "wrong")], unseen: [] }, 100);
    proofs.add({ taps: [verified("a", "no-traffic"), verified("b", "outside")], unseen: [] }, 200);
    expect(times(proofs)).to.deep.equal([
      ["a", 100],
      ["b", 200],
    ]);
    expect(proofs.verifiedAt).to.equal(200);
  });

  it("are of flows that are there and have something to copy", () => {
    const proofs = new Proofs();
    proofs.add({ taps: [verified("a", "proved"), verified("b", "proved")], unseen: [] }, 100);
    proofs.add({ taps: [verified("b", "disabled", [])], unseen: [] }, 200);
    expect(times(proofs)).to.deep.equal([]);
  });

  it("are kept of flows whose host is out of sight", () => {
    const proofs = new Proofs();
    proofs.add({ taps: [verified("a", "proved"), verified("b", "proved")], unseen: [] }, 100);
    proofs.add({ taps: [verified("b", "wrong")], unseen: UNSEEN }, 200);
    expect(times(proofs)).to.have.deep.members([
      ["a", 100],
      ["b", 100],
    ]);
  });

  it("are not kept of flows that are gone while another host is out of sight", () => {
    const proofs = new Proofs();
    proofs.add({ taps: [verified("a", "wrong")], unseen: [] }, 100);
    proofs.add({ taps: [], unseen: [{ host: "h2", reason: "cannot reach it" }] }, 200);
    expect(times(proofs)).to.deep.equal([]);
  });

  it("go on after a verification that could not be done, until they are to end", async () => {
    const proofs = new Proofs();
    const ending = new AbortController();
    const failures: string[] = [];
    let turn = 0;
    const verify = async (): Promise<TapVerifications> => {
      turn += 1;
      if (turn === 1) throw new Error("no way");
      if (turn === 3) ending.abort();
      return { taps: [verified("a", "proved")], unseen: [] };
    };
    const failed = ({ message }: Error) => failures.push(message);
    await proofs.repeat(verify, { seconds: 0.01, signal: ending.signal, failed });
    expect([turn, failures]).to.deep.equal([3, ["no way"]]);
    expect([...proofs.flows]).to.have.length(1);
  });
});
