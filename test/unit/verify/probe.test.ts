import { expect } from "chai";
import { is, masked } from "../../../provider/model/match";
import { probeFrame, probeNumber, probeRules, runAddress, sendingsOf } from "../../../provider/verify/probe";
import { twoHosts } from "./twoHosts";

const run = runAddress(Buffer.from("ffeeddcc", "hex"));

describe("a probe", () => {
  it("is the shortest frame of its own EtherType, from an address that no device has to one that no bridge forwards", () => {
    const frame = probeFrame(run, 0x1234, 60);
    expect(frame).to.have.length(60);
    expect(frame.subarray(0, 14).toString("hex")).to.equal("0180c200000efeeeddcc123488b5");
  });

  it("is as long as it is asked to be", () => {
    expect(probeFrame(run, 1, 9018)).to.have.length(9018);
  });

  it("comes from a locally administered address of one station, whatever is drawn", () => {
    for (const first of ["00", "01", "03", "fd", "ff"]) {
      const address = runAddress(Buffer.from(`${first}000000`, "hex"));
      expect(Number(address >> 40n) & 3, first).to.equal(2);
    }
  });

  it("is known by its number in its own run alone", () => {
    expect(probeNumber(run, probeFrame(run, 0xffff, 60))).to.equal(0xffff);
    expect(probeNumber(runAddress(Buffer.from("ffeeddcd", "hex")), probeFrame(run, 1, 60))).to.equal(
      undefined,
    );
    const other = probeFrame(run, 1, 60);
    other.writeUInt16BE(0x0800, 12);
    expect(probeNumber(run, other)).to.equal(undefined);
    for (const length of [0, 6, 13])
      expect(probeNumber(run, probeFrame(run, 1, 60).subarray(0, length))).to.equal(undefined);
  });

  it("is selected from what arrived by its run's address", () => {
    const match = [is("eth_type", 0x88b5), masked("eth_src", 0xfeeeddcc0000n, 0xffff_ffff_0000n)];
    const [first, second] = probeRules(run, 1n, { controller: 7, userdata: "" });
    expect(first).to.deep.include({ table: 0, inPort: 0xffff_fffd, match });
    expect(second).to.deep.include({ table: 2, match: [is("reg0", 1), ...match] });
    expect(second!.actions).to.deep.equal([{ controller: 7, userdata: "" }]);
  });

  describe("as long as the longest copies", () => {
    const longest = (mtu: number | undefined, lengths: (number | undefined)[]) => {
      const { source } = twoHosts({}, { web: { mtu } });
      return sendingsOf(source, lengths).map((sending) => sending.longest);
    };
    const cases: [string, number | undefined, (number | undefined)[], number | undefined][] = [
      ["has the frames' own length where they are not cut", 1500, [undefined], 1514],
      ["is cut as copies are", 1500, [100], 100],
      ["is as long as the longest of copies that are cut to several lengths", 1500, [100, 200], 200],
      ["is no longer than the frames are", 1500, [9000], 1514],
      ["is not sent where copies are as short as any probe", 1500, [60], undefined],
      ["is not sent where no port says how long frames are", undefined, [undefined], undefined],
      ["is no longer than any frame is, whatever a host says", 1e9, [undefined], 9234],
    ];
    for (const [title, mtu, lengths, expected] of cases)
      it(title, () => expect(longest(mtu, lengths)).to.deep.equal([expected]));
  });
});
