import { expect } from "chai";
import { HostWatch } from "../../../console/server/live/hostWatch";
import type { Inspection } from "../../../provider/converge/look";
import type { Context } from "../../../provider/resource/context";

describe("the console's watch of a host", () => {
  it("ends at once when it is stopped while it compares the host", async () => {
    let compared: (inspection: Inspection) => void = () => {};
    const inspecting = new Promise<Inspection>((resolve) => {
      compared = resolve;
    });
    const host = { inspect: () => inspecting, changed: () => new Promise<void>(() => {}) };
    const context = { open: () => host } as unknown as Context;
    const watch = new HostWatch(
      context,
      { name: "host1", address: "host1" },
      () => false,
      () => {},
    );
    const ended = watch.run();
    watch.stop();
    compared({ differences: [] } as unknown as Inspection);
    await ended;
    expect(watch.view.inspection).to.not.equal(undefined);
  }).timeout(5_000);
});
