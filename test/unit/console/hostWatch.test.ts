import { setImmediate as turn } from "node:timers/promises";
import { expect } from "chai";
import { HostWatch } from "../../../console/server/live/hostWatch";
import type { Inspection } from "../../../provider/converge/look";
import type { Context } from "../../../provider/resource/context";

describe("the console's watch of a host", () => {
  it("ends at once when it is stopped while it compares the host, and leaves no request behind", async () => {
    let compared: (inspection: Inspection) => void = () => {};
    const inspecting = new Promise<Inspection>((resolve) => {
      compared = resolve;
    });
    let close: (error: Error) => void = () => {};
    const changed = () =>
      new Promise<void>((_, reject) => {
        close = reject;
      });
    const host = { inspect: () => inspecting, changed };
    const context = { open: () => host } as unknown as Context;
    const watch = new HostWatch(
      context,
      { name: "host1", address: "host1" },
      () => false,
      () => {},
    );
    const unhandled: unknown[] = [];
    const collect = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", collect);
    const ended = watch.run();
    watch.stop();
    compared({ differences: [] } as unknown as Inspection);
    await ended;
    // The connections are closed once all watches have ended.
    close(new Error("the connection is closed"));
    await turn();
    process.off("unhandledRejection", collect);
    expect(unhandled).to.deep.equal([]);
    expect(watch.view.inspection).to.not.equal(undefined);
  }).timeout(5_000);
});
