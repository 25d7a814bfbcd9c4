import { expect } from "chai";
import { flowChecks } from "../../../provider/resource/flowChecks";
import { monitorPortChecks } from "../../../provider/resource/monitorPortChecks";
import type { Checks, Properties } from "../../../provider/resource/resource";
import { serviceChecks } from "../../../provider/resource/serviceChecks";
import { tunnelChecks } from "../../../provider/resource/tunnelChecks";
import { captureOptions, flowArgs } from "../../../provider/schema/flow";
import { monitorPortArgs } from "../../../provider/schema/monitorPort";
import { defaultOf, type Options } from "../../../provider/schema/options";
import { serviceArgs } from "../../../provider/schema/service";
import { tunnelArgs } from "../../../provider/schema/tunnel";
import { UNKNOWN } from "../../../provider/schema/unknown";
import { validate } from "../../../provider/schema/validate";

const names = { resolveHost: (host: unknown) => ({ name: String(host), address: String(host) }) };

/** The inputs that `check` makes of arguments. */
function checked(checks: Checks, args: Properties): Properties {
  const { inputs, failures } = checks.check(names, {}, args);
  expect(failures).to.deep.equal([]);
  return inputs;
}

const service = checked(serviceChecks, { host: "host2", port: "tap-ids", owner: "o/p/s/TapService/ids" });
const kinds: [string, Options, Checks, Properties][] = [
  ["TapService", serviceArgs, serviceChecks, { host: "host2", port: "tap-ids" }],
  ["TapFlow", flowArgs, flowChecks, { service: service.ref, host: "host1", port: "tap-web" }],
  ["MirrorTunnel", tunnelArgs, tunnelChecks, { hosts: ["host1", "host2"] }],
  ["MonitorPort", monitorPortArgs, monitorPortChecks, { host: "host2" }],
];

for (const [kind, options, checks, least] of kinds) {
  describe(`the options of a ${kind}`, () => {
    const args = { ...least, owner: `o/p/s/${kind}/it` };
    const inputs = checked(checks, args);
    const defaults = Object.entries(options).filter(([, option]) => defaultOf(option) !== undefined);

    it("are recorded with their defaults", () => {
      expect(defaults).to.not.be.empty;
      for (const [name, option] of defaults) expect(inputs[name], name).to.deep.equal(defaultOf(option));
    });

    it("are no difference for a state from before they existed, and have their defaults", () => {
      for (const [name] of defaults) {
        const { [name]: _, ...before } = inputs;
        expect(checks.diff(before, inputs).changes, name).to.equal(false);
      }
    });

    it("are a difference each", () => {
      for (const name of Object.keys(options))
        expect(checks.diff(inputs, { ...inputs, [name]: UNKNOWN }).changes, name).to.equal(true);
    });
  });
}

describe("a default", () => {
  it("replaces a missing value, and not a wrong or unknown one", () => {
    const options = { direction: captureOptions.direction };
    const direction = (given: Properties) => validate(options, given).values.direction;
    expect(direction({})).to.equal("both");
    expect(direction({ direction: UNKNOWN })).to.equal(UNKNOWN);
    expect(direction({ direction: "sideways" })).to.equal(undefined);
  });

  it("is a separate object for each that has it", () => {
    const made = () => validate({ localIps: tunnelArgs.localIps }, {}).values.localIps;
    expect(made()).to.deep.equal([]);
    expect(made()).to.not.equal(made());
  });
});
