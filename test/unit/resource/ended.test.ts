import { expect } from "chai";
import type { TaasError } from "../../../provider/errors";
import type { Context } from "../../../provider/resource/context";
import { tapFlow } from "../../../provider/resource/flow";
import type { Properties, Resource } from "../../../provider/resource/resource";
import { tapService } from "../../../provider/resource/service";
import { UNKNOWN } from "../../../provider/schema/unknown";
import { memoryHosts } from "./memoryHosts";

const UNTIL = "2090-01-31T17:00:00Z";

describe("the end of a tap, where clocks differ", () => {
  const HOUR = 3_600_000;
  const service = { host: "host2", port: "mon", owner: "o/p/s/TapService/ids" };

  /** Hosts whose clocks are so much ahead of this machine's. */
  function hostsAhead(ahead: Readonly<Record<string, number>>): { context: Context; warnings: string[] } {
    const ports = ["mon", "web"].map((name) => ({ name }));
    const hosts = memoryHosts(ports, ({ name }) => Date.now() + (ahead[name] ?? 0));
    const warnings: string[] = [];
    return { context: { ...hosts, warn: (message) => void warnings.push(message) }, warnings };
  }

  const inputsOf = (context: Context, resource: Resource, args: Properties) =>
    resource.check(context, {}, args).inputs;

  async function tap(context: Context, until: string): Promise<Properties> {
    const ids = await tapService.create(context, inputsOf(context, tapService, service));
    const args = { service: ids.outs.ref, host: "host1", port: "web", owner: "o/p/s/TapFlow/web", until };
    return (await tapFlow.create(context, inputsOf(context, tapFlow, args))).outs;
  }

  it("is told where the host's clock is not this machine's", async () => {
    const until = new Date(Date.now() + 4 * HOUR).toISOString();
    for (const [ahead, says] of [
      [HOUR, /^host host1: its clock is 3600 s ahead of this machine's.*so 3600 s earlier than by this one/],
      [-HOUR, /^host host1: its clock is 3600 s behind this machine's.*so 3600 s later than by this one/],
      [5000, undefined],
    ] as const) {
      const { context, warnings } = hostsAhead({ host1: ahead, host2: 9 * HOUR });
      await tap(context, until);
      if (says === undefined) expect(warnings).to.deep.equal([]);
      else expect(warnings.join("\n")).to.match(says);
    }
  });

  it("is not early by a clock at the monitor's host that is ahead, when somebody operates there", async () => {
    const { context } = hostsAhead({ host2: 2 * HOUR });
    const outs = await tap(context, new Date(Date.now() + HOUR).toISOString());
    const other = { ...service, port: "web", owner: "o/p/other/TapService/ids" };
    await tapService.create(context, inputsOf(context, tapService, other));
    expect((await tapFlow.read(context, "id", outs)).props!.status).to.equal("active");
  });
});

describe("a tap that has ended", () => {
  let context: Context;
  /** The same hosts, by whose clocks the end has come. */
  let afterwards: Context;

  beforeEach(() => {
    context = memoryHosts(["mon", "web"].map((name) => ({ name })));
    const now = async () => Date.parse(UNTIL) + 1000;
    afterwards = { ...context, open: (record) => ({ ...context.open(record), now }) as never };
  });

  function checked(resource: Resource, args: Properties, olds: Properties = {}): Properties {
    const { inputs, failures } = resource.check(context, olds, args);
    expect(failures).to.deep.equal([]);
    return inputs;
  }

  async function create(more: Properties): Promise<{ args: Properties; outs: Properties }> {
    const service = { host: "host2", port: "mon", owner: "o/p/s/TapService/ids" };
    const made = await tapService.create(context, checked(tapService, service));
    const args = {
      ...{ service: made.outs.ref, host: "host1", port: "web", owner: "o/p/s/TapFlow/web" },
      ...{ until: UNTIL, ...more },
    };
    return { args, outs: (await tapFlow.create(context, checked(tapFlow, args))).outs };
  }

  const read = async (outs: Properties): Promise<Properties> =>
    (await tapFlow.read(afterwards, "id", outs)).props!;

  it("is reported as left on hosts until an update has deleted it there", async () => {
    const { outs } = await create({});
    const seen = await read(outs);
    expect(seen.status).to.equal("ended (left on host1, host2)");
    const updated = await tapFlow.update(afterwards, seen, outs);
    expect(updated.outs.status).to.equal("ended");
    expect((await read(updated.outs)).status).to.equal("ended");
  });

  it("has the arguments of its program after an update, and none that the program no longer gives", async () => {
    const { args, outs } = await create({ snapLength: 128 });
    const { snapLength: _, ...fewer } = args;
    const inputs = checked(tapFlow, fewer, outs);
    const updated = await tapFlow.update(afterwards, outs, inputs);
    expect(updated.outs).to.not.have.property("snapLength");
    expect(tapFlow.diff(updated.outs, inputs).changes).to.equal(false);
    const { portName, portNames, incarnation } = outs;
    expect(updated.outs).to.deep.include({ portName, portNames, incarnation, status: "ended" });
  });

  it("is ended at once where it is replaced, and cannot be created", async () => {
    const { args, outs } = await create({});
    const { status } = await read(outs);
    await tapFlow.delete(afterwards, { ...outs, status });
    const inputs = checked(tapFlow, args, outs);
    const refused = await tapFlow.create(afterwards, inputs).catch((error: TaasError) => error.code);
    expect(refused).to.equal("until-passed");
    const replaced = await tapFlow.create({ ...afterwards, isReplacing: true }, inputs);
    expect(replaced.outs).to.include({ status: "ended", portName: "" });
    expect(replaced.outs.incarnation).to.not.equal(outs.incarnation);
    expect((await read(replaced.outs)).status).to.equal("ended");
    expect(tapFlow.diff(replaced.outs, inputs).changes).to.equal(false);
  });

  it("is not deleted before its service", async () => {
    const { args, outs } = await create({});
    const condemned = { ...checked(tapFlow, args, outs), service: UNKNOWN };
    expect(tapFlow.diff(outs, condemned).replaces).to.deep.equal(["service"]);
    for (const status of ["ended", "ended (left on host1)"])
      expect(tapFlow.diff({ ...outs, status }, condemned).replaces).to.deep.equal([]);
  });
});
