import { Duplex } from "node:stream";
import { encodeMessage, type Message, TYPE, takeMessages } from "../../../provider/ovs/switchMessages";

/** What a bridge answers to messages, by their type: a type and a body. */
type Answers = Readonly<Record<number, readonly [type: number, body: Buffer]>>;

const FLOW_STATISTICS = 1;
const EMPTY = Buffer.alloc(0);
/** Fragments as rules need them (enum ofp_config_flags). */
const SETTINGS = Buffer.from([0, 3, 0, 0]);

/** An end of a stream to a bridge that has these flows, in the format in which it reports them. It accepts everything. */
export function fakeBridge(flows: readonly Buffer[], others: Answers = {}): Duplex {
  const answers: Answers = {
    [TYPE.getConfigRequest]: [TYPE.getConfigReply, SETTINGS],
    [TYPE.bundleControl]: [TYPE.bundleControl, EMPTY],
    [TYPE.barrierRequest]: [TYPE.barrierReply, EMPTY],
    ...others,
  };
  let received: Buffer = EMPTY;
  const answer = (stream: Duplex, { type, xid, body }: Message): void => {
    const parts = type === TYPE.multipartRequest && body.readUInt16BE(0) === FLOW_STATISTICS ? flows : [];
    const [as, content] =
      type === TYPE.multipartRequest
        ? [TYPE.multipartReply, Buffer.concat([body.subarray(0, 8), ...parts])]
        : (answers[type] ?? []);
    if (as !== undefined) stream.push(encodeMessage({ type: as, xid, body: content! }));
  };
  return new Duplex({
    read() {},
    write(chunk: Buffer, _, done) {
      const { messages, rest } = takeMessages(Buffer.concat([received, chunk]));
      received = rest;
      for (const message of messages) answer(this, message);
      done();
    },
  });
}
