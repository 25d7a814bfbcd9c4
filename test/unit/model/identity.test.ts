import { expect } from "chai";
import { assert, property, string } from "fast-check";
import {
  defaultTunnelId,
  digest,
  generationCookie,
  isOurCookie,
  pieceCookie,
} from "../../../provider/model/identity";
import { matchText } from "../../../provider/model/matchText";
import { bridgeTagMatch, vlanClass, vlanClassKey } from "../../../provider/model/vlanClass";
import type { PortFacts } from "../../../provider/ovs/facts";

describe("identities", () => {
  it("keep a service's default tunnel id forever: these were published", () => {
    expect(defaultTunnelId("organization/security/prod/TapService/ids")).to.equal(9699895);
    expect(defaultTunnelId("a/b/c/TapService/x")).to.equal(12100299);
    expect(defaultTunnelId("")).to.equal(11264598);
  });

  it("give every owner a tunnel id of 24 bits that is not 0", () => {
    assert(
      property(string(), (owner) => {
        const id = defaultTunnelId(owner);
        return Number.isInteger(id) && id >= 1 && id <= 0xffffff;
      }),
    );
  });

  it("spread: 2,000 services of one stack clash about as often as chance predicts", () => {
    const ids = Array.from({ length: 2_000 }, (_, i) => defaultTunnelId(`o/p/s/TapService/ids-${i}`));
    expect(new Set(ids).size).to.be.at.least(1_997);
  });

  it("do not run parts of a digest together", () => {
    const digests = [
      digest(12, "a", "bc"),
      digest(12, "ab", "c"),
      digest(12, "abc"),
      digest(12, "a", "b", "c"),
    ];
    expect(new Set(digests).size).to.equal(digests.length);
    expect(digest(12, 1)).not.to.equal(digest(12, "1"));
    expect(digest(5, "a")).to.match(/^[0-9a-f]{5}$/);
  });

  it("mark cookies in the top 16 bits and tell ours from others", () => {
    expect(pieceCookie("0123456789abcdef")).to.equal(0x7a700123456789abn);
    expect(generationCookie(5)).to.equal(0x7a70000000000005n);
    expect([0x7a70n << 48n, 0x7a70ffffffffffffn].every(isOurCookie)).to.equal(true);
    expect([0n, 0x7a71n << 48n, 0x7a70n, (1n << 64n) - 1n].some(isOurCookie)).to.equal(false);
  });
});

describe("the VLAN class of a port", () => {
  const rows: [Partial<PortFacts>, string, string | undefined][] = [
    [{ tag: undefined }, "keep", undefined],
    [{ tag: undefined, trunks: [10, 20] }, "keep", undefined],
    [{ tag: 10 }, "strip", "vlan_tci=0x1000/0x1000"],
    [{ tag: 10, vlanMode: "access" }, "strip", "vlan_tci=0x1000/0x1000"],
    [{ tag: 10, vlanMode: "trunk" }, "keep", undefined],
    [{ tag: 10, vlanMode: "native-tagged" }, "native:10", "dl_vlan=10"],
    [{ tag: 20, vlanMode: "native-untagged" }, "native:20", "dl_vlan=20"],
    [{ tag: undefined, vlanMode: "native-untagged" }, "native:0", "dl_vlan=0"],
    [{ tag: 30, vlanMode: "dot1q-tunnel" }, "strip", "vlan_tci=0x1000/0x1000"],
  ];
  for (const [port, key, match] of rows) {
    it(`is ${key} for ${JSON.stringify(port)}`, () => {
      const wanted = vlanClass({ trunks: [], vlanMode: undefined, ...port } as PortFacts);
      expect(vlanClassKey(wanted)).to.equal(key);
      const tag = bridgeTagMatch(wanted);
      expect(tag && matchText([tag])[0]).to.equal(match);
    });
  }
});
