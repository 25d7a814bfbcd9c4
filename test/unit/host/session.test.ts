import { PassThrough } from "node:stream";
import { expect } from "chai";
import { Drain } from "../../../provider/host/drain";
import { HostSession, type SessionParts } from "../../../provider/host/session";

describe("a session with a host", () => {
  it("finds Open vSwitch that is started while the connection lasts", async () => {
    const found = ["missing", "writable", "refused"];
    const connection = {
      exec: async () => ({ exitCode: 0, stdout: `taas-probe 0 ${found.shift()} yes /run/ovs\n`, stderr: "" }),
      openSocket: async () => new PassThrough(),
    };
    const parts = { connection, where: "root@host1", settings: {}, drain: new Drain() };
    const session = new HostSession({ name: "host1", address: "host1" }, parts as unknown as SessionParts);
    const error = await session.openOvsdb().catch((thrown: unknown) => thrown);
    expect(error).to.have.property("code", "no-ovs");
    expect((await session.openOvsdb()).kind).to.equal("stream");
    expect((await session.probe()).socket, "asked once more only").to.equal("writable");
  });
});
