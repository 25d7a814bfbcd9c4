import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { expect } from "chai";
import { EventStream } from "../../../console/server/http/stream";

describe("a stream of events", () => {
  it("says nothing more once it has ended, however long its reader takes to notice", async () => {
    const beats: (() => void)[] = [];
    const { setInterval } = globalThis;
    globalThis.setInterval = ((beat: () => void) => {
      beats.push(beat);
      return { unref: () => 0 };
    }) as unknown as typeof setInterval;
    const response = new ServerResponse(new IncomingMessage(new Socket()));
    let stream: EventStream;
    try {
      stream = new EventStream(response);
    } finally {
      globalThis.setInterval = setInterval;
    }
    const errors: unknown[] = [];
    const said: unknown[] = [];
    response.on("error", (error) => errors.push(error));
    const write = response.write.bind(response);
    response.write = (chunk: unknown) => {
      said.push(chunk);
      return write(chunk);
    };
    beats[0]!();
    expect(said).to.deep.equal([":\n\n"]);
    response.end("retry: 30000\n\n");
    expect(response.destroyed).to.equal(false);
    beats[0]!();
    stream.send({ type: "lock" });
    await new Promise((resolve) => setImmediate(resolve));
    expect(said).to.have.length(1);
    expect(errors).to.deep.equal([]);
  });

  it("survives an error of its response, which is of a reader who is gone", () => {
    const response = new ServerResponse(new IncomingMessage(new Socket()));
    new EventStream(response);
    expect(() => response.emit("error", new Error("gone"))).not.to.throw();
    response.emit("close");
  });
});
