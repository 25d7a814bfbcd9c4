import { expect } from "chai";
import type { Properties } from "../../../provider/resource/resource";
import { tapService } from "../../../provider/resource/service";
import { UNKNOWN } from "../../../provider/schema/unknown";
import { check, serviceRefuses } from "../treatment/refusals";

const monitor = { host: "host2", port: "tap-ids" };

describe("the arguments of a TapService", () => {
  const refuses = (what: string, args: Record<string, unknown>, property: string, reason: RegExp) =>
    serviceRefuses(what, { ...monitor, ...args }, property, reason);
  refuses("a tunnel id of 0", { tunnelId: 0 }, "tunnelId", /^must be 1 to 16777215 \(got 0\)$/);
  refuses("a tunnel id of 25 bits", { tunnelId: 16777216 }, "tunnelId", /1 to 16777215 \(got 16777216\)/);
  refuses("half a tunnel id", { tunnelId: 1.5 }, "tunnelId", /whole number.*\(got 1\.5\)/);
  refuses("a tunnel id in words", { tunnelId: "7" }, "tunnelId", /whole number.*\(got "7"\)/);
  refuses("an unknown attachment", { attachment: "br-tap" }, "attachment", /tap-bridge.*integration-bridge/);
  refuses("a negative time-out", { attachTimeout: -1 }, "attachTimeout", /\(got -1\)/);
  refuses(
    "an argument it does not have",
    { colector: {} },
    "colector",
    /^unknown argument "colector"; the arguments are host, hosts, port/,
  );
  refuses("a port of nothing", { port: "" }, "port", /may not be empty/);
  refuses("a MAC that is none", { port: { mac: "fa:16:3e" } }, "port", /port\.mac|MAC address such as/);
  refuses(
    "a port by two signs",
    { port: { mac: "fa:16:3e:00:00:01", ifaceId: "x" } },
    "port",
    /^must be a port's name/,
  );
  refuses("a vnic below 0", { port: { vmUuid: "x", vnic: -1 } }, "port", /vnic/);
  refuses("an option for an address", { host: "-oProxyCommand=x" }, "host", /starts with a letter or digit/);
  refuses("an address with white space", { host: { address: "a b" } }, "host", /white space/);
  refuses("a host field it does not know", { host: { address: "a", sshKey: "x" } }, "host", /sshKey/);
  refuses(
    "an underlay address that is none",
    { host: { address: "a", tunnelIp: "x" } },
    "host",
    /tunnelIp.*IPv4 or IPv6/,
  );
  refuses(
    "a bridge name of 16 letters",
    { host: { address: "a", tapBridge: "br-abcdefghijklm" } },
    "host",
    /1 to 15 letters/,
  );
  refuses(
    "a host whose name is none",
    { host: { name: "a b", address: "a" } },
    "host",
    /^host\.name: a name starts/,
  );
  refuses("a port number of SSH that is none", { host: { address: "a", port: 65536 } }, "host", /65535/);
  const asked = /^must be a port's name, \{ ifaceId \}, \{ mac \}, or \{ vmUuid \} .*\(got /;
  refuses("a port by number", { port: 7 }, "port", asked);
  refuses("a port by a field that is misspelled", { port: { ifaceid: "x" } }, "port", asked);
  refuses("a vnic of a MAC", { port: { mac: "fa:16:3e:00:00:01", vnic: 1 } }, "port", /^has no field "vnic"/);
  const words = { vmUuid: "x", vnic: "0" };
  refuses("a vnic in words", { port: words }, "port", /^port\.vnic: must be a number \(got "0"\)$/);
  refuses("hosts where one is meant", { host: ["a", "b"] }, "host", /^must be a host's name, or a record/);
  refuses("a host without its address", { host: {} }, "host", /^host\.address: is required/);
  const telnet = { address: "a", transport: "telnet" };
  refuses("an unknown transport", { host: telnet }, "host", /^host\.transport: must be "ssh2" or .*"telnet"/);
  refuses("an empty tenant", { tenant: "" }, "tenant", />=1|empty|at least 1/);

  const outside = { host: undefined, port: undefined, collector: { address: "192.0.2.9", type: "gre" } };
  const shares = /^distribution says how several monitors share copies/;
  refuses("a distribution of one monitor", { distribution: "hash" }, "distribution", shares);
  refuses("an attachment outside", { ...outside, attachment: "integration-bridge" }, "attachment", /outside/);

  it("contradict nothing while they may turn out to be absent or a default", () => {
    const accepted = (args: Properties) => check(tapService, { ...monitor, ...args }).failures;
    expect(accepted({ distribution: UNKNOWN })).to.deep.equal([]);
    expect(accepted({ ports: UNKNOWN })).to.deep.equal([]);
    expect(accepted({ ...outside, attachment: UNKNOWN, distribution: UNKNOWN })).to.deep.equal([]);
  });

  it("are as good as absent where they are null, at every depth", () => {
    const given = { ...monitor, host: { address: "a", user: null }, tenant: null, distribution: null };
    const { inputs, failures } = check(tapService, given);
    expect(failures).to.deep.equal([]);
    expect(inputs.host).to.deep.equal({ name: "a", address: "a" });
    expect(inputs).not.to.have.property("tenant");
  });

  it("names all that is wrong at once, each at its argument", () => {
    const { failures } = check(tapService, { ...monitor, tunnelId: 0, attachment: "x", extra: 1 });
    expect(failures.map(({ property }) => property)).to.have.members(["tunnelId", "attachment", "extra"]);
  });

  it("are normalised: MACs in lower case with colons, defaults filled in", () => {
    const { inputs, failures } = check(tapService, { host: "host2", port: { mac: "FA-16-3E-00-00-0A" } });
    expect(failures).to.deep.equal([]);
    expect(inputs).to.deep.include({
      port: { mac: "fa:16:3e:00:00:0a" },
      host: { name: "host2", address: "host2" },
      attachment: "tap-bridge",
      attachTimeout: 60,
      distribution: "copy",
    });
  });

  it("pass while they are unknown, and do not prevent checking the rest", () => {
    const { inputs, failures } = check(tapService, {
      host: UNKNOWN,
      port: { ifaceId: UNKNOWN },
      tunnelId: 7,
    });
    expect(failures).to.deep.equal([]);
    expect(inputs).to.deep.include({ host: UNKNOWN, tunnelId: 7, ref: UNKNOWN });
    const wrong = check(tapService, { host: UNKNOWN, port: "tap-ids", tunnelId: 0 });
    expect(wrong.failures.map(({ property }) => property)).to.deep.equal(["tunnelId"]);
  });
});
