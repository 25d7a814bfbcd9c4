import { expect } from "chai";
import { Live } from "../../../console/server/live/live";
import type { ProgramResource } from "../../../console/server/program/program";
import type { Context } from "../../../provider/resource/context";

const IDS: ProgramResource = {
  ...{ key: "ids", kind: "TapService", owner: "acme/taps/prod/TapService/ids" },
  ...{ hasParent: false, properties: { host: "host1", port: "tap-ids" }, computed: [] },
};

describe("the console's rows", () => {
  it("stay where they cannot be made anew, which is logged and ends no process", async () => {
    const live = new Live({} as Context, { hosts: [], gone: [] }, undefined);
    const log = console.error;
    const logged = new Promise<string>((resolve) => {
      console.error = resolve;
    });
    try {
      live.setProgram([
        {
          ...IDS,
          get properties(): never {
            throw new Error("an odd program");
          },
        },
      ]);
      expect(await logged).to.match(/^pulumi-taas: Error: an odd program \| at /);
    } finally {
      console.error = log;
    }
    live.setProgram([IDS]);
    await live.next();
    expect(live.all.services.map(({ name }) => name)).to.deep.equal(["ids"]);
    live.stop();
  });

  it("are told to all who listen, also if one of them fails", async () => {
    const live = new Live({} as Context, { hosts: [], gone: [] }, undefined);
    const log = console.error;
    console.error = () => {};
    try {
      live.subscribe(() => {
        throw new Error("a listener");
      });
      const next = live.next();
      live.setProgram([IDS]);
      await next;
    } finally {
      console.error = log;
      live.stop();
    }
  });
});
