import { expect } from "chai";
import type { Context } from "../../../provider/resource/context";
import { tapFlow } from "../../../provider/resource/flow";
import type { Properties, Resource } from "../../../provider/resource/resource";
import { tapService } from "../../../provider/resource/service";
import { UNKNOWN } from "../../../provider/schema/unknown";
import { memoryHosts } from "./memoryHosts";

describe("a flow whose service is deleted before it is replaced", () => {
  let warnings: string[];
  let context: Context;

  beforeEach(() => {
    warnings = [];
    const hosts = memoryHosts(["mon", "web"].map((name) => ({ name })));
    context = { ...hosts, warn: (message) => void warnings.push(message) };
  });

  function checked(resource: Resource, args: Properties): Properties {
    const { inputs, failures } = resource.check(context, {}, args);
    expect(failures).to.deep.equal([]);
    return inputs;
  }

  const serviceArgs = { owner: "o/p/s/TapService/ids", host: "rack2", port: "mon", tunnelId: 7 };
  const flowArgs = (service: unknown) => ({
    ...{ owner: "o/p/s/TapFlow/web", host: "rack1", port: "web", service },
  });

  /** The properties that make a diff with the recorded inputs a replacement. */
  function replacedFor(service: unknown, ask: (inputs: Properties) => Properties): string[] {
    const inputs = checked(tapFlow, flowArgs(service));
    const { changes, replaces } = tapFlow.diff({ ...inputs, status: "active" }, ask(inputs));
    expect(changes).to.equal(true);
    return replaces;
  }

  it("is replaced, too, when the engine asks what has to be deleted first", () => {
    const { ref } = checked(tapService, serviceArgs);
    expect(replacedFor(ref, (inputs) => ({ ...inputs, service: UNKNOWN }))).to.deep.equal(["service"]);
  });

  it("is updated when a preview does not know the service yet", () => {
    const { ref } = checked(tapService, serviceArgs);
    expect(replacedFor(ref, () => checked(tapFlow, flowArgs(UNKNOWN)))).to.deep.equal([]);
  });

  it("is updated when something else is unknown", () => {
    const { ref } = checked(tapService, serviceArgs);
    expect(replacedFor(ref, (inputs) => ({ ...inputs, host: UNKNOWN }))).to.deep.equal([]);
  });

  it("stays if the service is a collector's, which has no claim", () => {
    const collector = { address: "192.0.2.9", type: "gre" };
    const { ref } = checked(tapService, { owner: serviceArgs.owner, collector });
    expect(replacedFor(ref, (inputs) => ({ ...inputs, service: UNKNOWN }))).to.deep.equal([]);
  });

  it("is deleted with the service at both ends if the engine has not deleted it, with a warning", async () => {
    const { outs: service } = await tapService.create(context, checked(tapService, serviceArgs));
    const { outs: flow } = await tapFlow.create(context, checked(tapFlow, flowArgs(service.ref)));
    await tapService.delete(context, service);
    expect(await tapFlow.read(context, "id", flow)).to.deep.equal({});
    expect(warnings).to.deep.equal([
      "host rack2: o/p/s/TapFlow/web is deleted with what it depends on. If its program still has it and this run does not restore it, up --refresh does",
    ]);
  });
});
