import { expect } from "chai";
import { includesTunnelId, namedTunnelIds } from "../../../provider/converge/tunnelIds";

/** Rules as ovs-ofctl prints them for OpenFlow 1.0 to 1.5, and the ids that each names. */
const rules: [text: string, ids: number[]][] = [
  ["tun_id=0x3f2 mod_vlan_vid:10,output:1", [0x3f2]],
  ["in_port=2,tunnel_id=1010 drop", [1010]],
  ["dl_vlan=10 strip_vlan,set_tunnel:0x3f2,output:2", [0x3f2]],
  ["dl_vlan=10 strip_vlan,set_tunnel64:0x1000003f2,output:2", [0x1000003f2]],
  ["dl_vlan=10 pop_vlan,set_field:0x3f2->tun_id,output:2,set_field:0x3f3->tun_id,output:3", [0x3f2, 0x3f3]],
  ["vlan_tci=0x000a/0x0fff load:0->NXM_OF_VLAN_TCI[],load:0x3e9->NXM_NX_TUN_ID[],output:2", [0x3e9]],
  ["tun_id=0x400 learn(table=20,load:0->NXM_OF_VLAN_TCI[],load:NXM_NX_TUN_ID[]->NXM_NX_TUN_ID[])", [0x400]],
  ["dl_vlan=10 load:0x3f2->NXM_NX_REG1[],resubmit(,5)", []],
  ["in_port=1 set_field:0x3f2->reg1,goto_table:3", []],
  ["nw_src=10.0.3.242 output:2", []],
];

describe("the tunnel ids that rules name", () => {
  for (const [text, ids] of rules) {
    it(`are found in ${text}`, () => {
      expect(namedTunnelIds(text).map(({ value }) => Number(value))).to.deep.equal(ids);
      for (const id of ids) expect(includesTunnelId(namedTunnelIds(text), id)).to.equal(true);
      expect(includesTunnelId(namedTunnelIds(text), 0x999)).to.equal(false);
    });
  }

  it("are all that a mask matches", () => {
    const ids = namedTunnelIds("tun_id=0x400/0xff00 drop");
    const among = [0x400, 0x4ff, 0x500, 0x3ff, 0x10400].map((id) => includesTunnelId(ids, id));
    expect(among).to.deep.equal([true, true, false, false, true]);
  });
});
