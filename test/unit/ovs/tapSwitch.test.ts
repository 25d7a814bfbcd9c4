import { expect } from "chai";
import { TaasError } from "../../../provider/errors";
import type { Rule } from "../../../provider/model/desired";
import { TYPE } from "../../../provider/ovs/switchMessages";
import { TapSwitch } from "../../../provider/ovs/tapSwitch";
import { markRule } from "../../../provider/plan/numberRules";
import { fakeBridge } from "./fakeBridge";

/** A bridge that cannot be connected to, for a reason. */
const failing = (error: Error) => new TapSwitch(() => Promise.reject(error));

const yes = async () => true;

/** What a promise rejects with. */
function thrownBy(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => expect.fail(`it resolved with ${value}`),
    (error: unknown) => error,
  );
}

describe("a tap bridge that cannot be reached over OpenFlow", () => {
  it("gives no answer, so that commands are run instead", async () => {
    expect(await failing(new Error("connection reset")).state()).to.equal(undefined);
    expect(await failing(new RangeError("no OpenFlow")).state()).to.equal(undefined);
  });

  it("does not hide a bug in the program", async () => {
    const mistake = new TypeError("Cannot read properties of undefined");
    expect(await thrownBy(failing(mistake).state())).to.equal(mistake);
  });

  it("tells each reason once, and nothing of the text of an error for the operator", async () => {
    const refused = new TaasError("the socket at ops@192.0.2.1:22", { code: "socket-refused" });
    const outcomes = [undefined, new Error("connection reset"), undefined, refused, refused];
    const told: string[] = [];
    const open = async () => {
      const error = outcomes.shift();
      if (error !== undefined) throw error;
      return undefined;
    };
    const tapSwitch = new TapSwitch(open, (why) => told.push(why));
    while (outcomes.length > 0) expect(await tapSwitch.state()).to.equal(undefined);
    expect(told).to.deep.equal([
      "the login user may not use the bridge's management socket, or sudo is always used",
      "connection reset",
      "socket-refused",
    ]);
  });
});

describe("a tap bridge that is reached over OpenFlow", () => {
  let told: string[];
  const rule: Rule<number> = { ...markRule(1), table: 1, priority: 7 };
  const reached = (flows: Buffer[] = []) =>
    new TapSwitch(
      async () => fakeBridge(flows),
      (why) => told.push(why),
    );

  beforeEach(() => {
    told = [];
  });

  it("is written to", async () => {
    expect(await reached().replace([markRule(1), rule], yes)).to.equal("written");
    expect(told).to.deep.equal([]);
  });

  it("gets no commands in the place of rules that cannot be encoded: that is a bug in the program", async () => {
    const wrong: Rule<number>[] = [
      { ...rule, actions: [{ output: 2 ** 40 }] },
      { ...rule, match: [{ field: "tcp_dst", value: 65_536n, mask: undefined }] },
    ];
    for (const one of wrong) {
      expect(await thrownBy(reached().replace([one], yes))).to.be.instanceOf(RangeError);
      expect(await thrownBy(reached().has([one]))).to.be.instanceOf(RangeError);
    }
    const unwritable = { ...rule, priority: 70_000 };
    expect(await thrownBy(reached().replace([unwritable], yes))).to.be.instanceOf(RangeError);
    expect(told).to.deep.equal([]);
  });

  it("is left to commands, which refuse them, if two rules have the same identity", async () => {
    const tapSwitch = reached();
    expect(await tapSwitch.replace([rule, { ...rule, cookie: 8n }], yes)).to.equal(undefined);
    expect(await tapSwitch.has([rule, rule])).to.equal(undefined);
    expect(told).to.deep.equal(["two rules have the same identity"]);
  });

  it("is left to commands if it reports a rule that is not OpenFlow", async () => {
    const flow = Buffer.alloc(64);
    flow.writeUInt16BE(64, 0);
    flow.writeUInt16BE(9, 50); // five bytes of a match, which say that they are 4 and 200 more
    flow.writeUInt8(200, 55);
    expect(await reached([flow]).replace([rule], yes)).to.equal(undefined);
    expect(await reached([flow]).has([rule])).to.equal(undefined);
    expect(told).to.deep.equal(["not a match", "not a match"]);
  });

  it("is left to commands if it refuses to be written to", async () => {
    const refusing = new TapSwitch(
      async () => fakeBridge([], { [TYPE.bundleAdd]: [TYPE.error, Buffer.from("0005000100000000", "hex")] }),
      (why) => told.push(why),
    );
    expect(await refusing.replace([rule], yes)).to.equal(undefined);
    expect(told).to.deep.equal(["the bridge refuses: error 00050001"]);
  });
});
