import { expect } from "chai";
import { tapFlow } from "../../../provider/resource/flow";
import { check, collected, flow, flowRefuses, tunnel } from "./refusals";

describe("the check of a TapFlow", () => {
  flowRefuses("a cap of 0", { rateLimit: { kbps: 0 } }, "rateLimit", /\.kbps: must be at least 1 \(got 0\)/);
  flowRefuses(
    "0 packets",
    { rateLimit: { packetsPerSecond: 0 } },
    "rateLimit",
    /\.packetsPerSecond: .*least 1/,
  );
  flowRefuses("a cap below 0", { rateLimit: { kbps: -5 } }, "rateLimit", /\.kbps: must be at least 1/);
  flowRefuses("half a kilobit", { rateLimit: { kbps: 0.5 } }, "rateLimit", /\.kbps: must be a whole number/);
  flowRefuses("a cap in words", { rateLimit: { kbps: "9" } }, "rateLimit", /\.kbps: must be a whole number/);
  const both = { kbps: 9, packetsPerSecond: 9 };
  flowRefuses("both caps", { rateLimit: both }, "rateLimit", /^give kbps or packetsPerSecond, not both/);
  flowRefuses("no cap", { rateLimit: { burst: 9 } }, "rateLimit", /^give kbps or packetsPerSecond/);
  flowRefuses(
    "a burst of 0",
    { rateLimit: { kbps: 9, burst: 0 } },
    "rateLimit",
    /\.burst: must be at least 1/,
  );
  flowRefuses("another cap", { rateLimit: { kbps: 9, mbps: 9 } }, "rateLimit", /mbps/);
  flowRefuses("a cap that is a number", { rateLimit: 9 }, "rateLimit", /kbps/);

  flowRefuses(
    "a sample of none",
    { sampling: { oneIn: 0 } },
    "sampling",
    /oneIn: must be 1 to 65535 \(got 0\)/,
  );
  flowRefuses("one in too many", { sampling: { oneIn: 65_536 } }, "sampling", /oneIn: must be 1 to 65535/);
  flowRefuses("half a sample", { sampling: { oneIn: 1.5 } }, "sampling", /oneIn: must be a whole number/);
  flowRefuses(
    "a sample without a number",
    { sampling: {} },
    "sampling",
    /oneIn: must be a whole number \(got undefined\)/,
  );
  flowRefuses("a sample that is a number", { sampling: 4 }, "sampling", /must be \{ oneIn \}/);
  flowRefuses("a sample by another word", { sampling: { oneIn: 4, per: "frame" } }, "sampling", /oneIn/);

  flowRefuses("an end without a zone", { until: "2099-01-31T18:00:00" }, "until", /moment with its zone/);
  flowRefuses("a day that there is not", { until: "2099-02-30T18:00:00Z" }, "until", /moment with its zone/);
  flowRefuses("an end in words", { until: "tomorrow" }, "until", /moment with its zone/);
  flowRefuses("a number of seconds", { until: 60 }, "until", /must be a string/);
  flowRefuses(
    "an end in the past",
    { until: "2020-01-31T18:00:00Z" },
    "until",
    /^2020-01-31T18:00:00Z is in the past/,
  );

  it("accepts an end in the past if the flow exists, and converts equal moments to one text", () => {
    const ended = { ...flow, until: "2020-01-31T18:00:00+01:00" };
    const { inputs, failures } = check(tapFlow, ended, { until: "x" });
    expect(failures).to.deep.equal([]);
    expect(inputs.until).to.equal("2020-01-31T17:00:00Z");
    expect(tapFlow.diff({ ...inputs, status: "active" }, inputs).changes).to.equal(true);
    expect(tapFlow.diff({ ...inputs, status: "ended" }, inputs).changes).to.equal(false);
    const left = { ...inputs, status: "ended (left on host1)" };
    expect(tapFlow.diff(left, inputs).changes, "what is left is deleted").to.equal(true);
    const later = { ...inputs, until: "2099-01-31T17:00Z" };
    expect(tapFlow.diff({ ...inputs, status: "ended" }, later).changes).to.equal(true);
  });

  flowRefuses("13 bytes", { snapLength: 13 }, "snapLength", /at least 14.*\(got 13\)/);
  flowRefuses("64 KiB", { snapLength: 65_536 }, "snapLength", /at most 65535.*\(got 65536\)/);
  flowRefuses("half a byte", { snapLength: 64.5 }, "snapLength", /whole number.*\(got 64.5\)/);
  const rules = [{ action: "accept" }, { action: "accept", snapLength: 13 }];
  flowRefuses(
    "13 bytes for a rule",
    { filter: rules },
    "filter",
    /^filter\[1\]\.snapLength: .*14.*\(got 13\)/,
  );

  flowRefuses("an unknown mtuPolicy", { mtuPolicy: "cut" }, "mtuPolicy", /warn.*fail.*truncate/);
  flowRefuses("unknown counters", { counters: "mine" }, "counters", /shared.*own/);
  flowRefuses("an unknown transport", { transport: "br-tun" }, "transport", /dedicated.*shared/);
  flowRefuses("shared transport by a tunnel", { transport: "shared", tunnel }, "tunnel", /leave tunnel out/);
  flowRefuses("a tunnel to a collector", { ...collected, tunnel }, "tunnel", /collector directly/);
  const sharedOut = { ...collected, transport: "shared" };
  flowRefuses("shared transport to a collector", sharedOut, "transport", /collector directly/);
  flowRefuses("to reject without rules", { defaultAction: "reject" }, "defaultAction", /enabled: false/);
  const nothing = { filter: [], defaultAction: "reject" };
  flowRefuses("to reject with no rule in the filter", nothing, "defaultAction", /enabled: false/);

  it("accepts the smallest and largest lengths and caps", () => {
    const accepted = [
      { sampling: { oneIn: 1 } },
      { sampling: { oneIn: 65_535 } },
      { snapLength: 14, rateLimit: { kbps: 4_294_967_295 } },
      { snapLength: 65_535, rateLimit: { packetsPerSecond: 1, burst: 1 } },
    ];
    for (const args of accepted) {
      expect(check(tapFlow, { ...flow, ...args }).failures).to.deep.equal([]);
    }
  });
});
