import { expect } from "chai";
import type { Host } from "../../../provider/converge/host";
import { HalfDoneError } from "../../../provider/converge/intent";
import { TaasError } from "../../../provider/errors";
import type { HostRecord } from "../../../provider/host/host";
import type { Context } from "../../../provider/resource/context";
import { tapFlow } from "../../../provider/resource/flow";
import type { Properties, Resource } from "../../../provider/resource/resource";
import { tapService } from "../../../provider/resource/service";
import type { Claim } from "../../../provider/schema/claim";
import { memoryHosts } from "./memoryHosts";

const OWNER = "o/p/s/TapFlow/web";
const LOST = () => new TaasError("the connection ended", { code: "connection-lost", host: "host2" });

describe("an operation on a flow with two ends that does not come to its end", () => {
  let context: Context;
  let args: Properties;
  let flow: Properties;

  const checked = (resource: Resource, args: Properties) => resource.check(context, {}, args).inputs;

  /** The incarnations of the flow's claims on the source's host and on the monitor's. */
  const tokens = () =>
    Promise.all(
      ["host1", "host2"].map(async (name) => {
        const { read } = await context.open({ name, address: name }).look();
        return read.claims.get(OWNER)?.token;
      }),
    );

  /** The same hosts, with other methods for one of them. */
  const withHost = (name: string, methods: (host: Host) => Partial<Host>): Context => ({
    ...context,
    open(record: HostRecord) {
      const host = context.open(record);
      return record.name === name ? ({ ...host, ...methods(host) } as Host) : host;
    },
  });

  beforeEach(async () => {
    context = memoryHosts(["mon", "web"].map((name) => ({ name })));
    const service = { host: "host2", port: "mon", owner: "o/p/s/TapService/ids" };
    const { outs } = await tapService.create(context, checked(tapService, service));
    args = { service: outs.ref, host: "host1", port: "web", owner: OWNER };
    flow = (await tapFlow.create(context, checked(tapFlow, args))).outs;
  });

  const rejected = (done: Promise<unknown>) =>
    done.then(
      () => undefined,
      (error: TaasError) => error,
    );

  it("completes a delete that is cancelled after its first host", async () => {
    const ending = new AbortController();
    const cancelling = withHost("host1", (host) => ({
      submit: (edit) => host.submit(edit).finally(() => ending.abort(LOST())),
    }));
    await tapFlow.delete({ ...cancelling, ending: ending.signal }, flow);
    expect(await tokens()).to.deep.equal([undefined, undefined]);
  });

  it("begins no delete that is cancelled before", async () => {
    const error = await rejected(tapFlow.delete({ ...context, ending: AbortSignal.abort(LOST()) }, flow));
    expect(error?.code).to.equal("connection-lost");
    expect(await tokens()).to.deep.equal([flow.incarnation, flow.incarnation]);
  });

  it("says of a delete that failed after its first host how the resource can stay", async () => {
    const failing = withHost("host2", () => ({ submit: () => Promise.reject(LOST()) }));
    const error = await rejected(tapFlow.delete(failing, flow));
    expect(error?.message).to.match(
      /^host host2: the connection ended\. .*or run pulumi up --refresh if it is to stay/,
    );
    expect(await tokens()).to.deep.equal([undefined, flow.incarnation]);
  });

  it("says nothing of the kind where only a host without its claim came before", async () => {
    const elsewhere = { ...flow, host: undefined, hosts: [{ name: "host0", address: "host0" }, flow.host] };
    const failing = withHost("host1", () => ({ submit: () => Promise.reject(LOST()) }));
    const error = await rejected(tapFlow.delete(failing, elsewhere));
    expect(error?.message).to.equal("host host2: the connection ended");
  });

  it("keeps the claims of a replacement on all hosts when one of them could not be confirmed", async () => {
    const failing = withHost("host1", () => ({ confirm: (_: Claim) => Promise.reject(LOST()) }));
    const error = await rejected(tapFlow.create(failing, checked(tapFlow, args), String(flow.incarnation)));
    expect(error).to.be.instanceOf(HalfDoneError);
    const { token } = error as HalfDoneError;
    expect(token).to.not.equal(flow.incarnation);
    expect(await tokens()).to.deep.equal([token, token]);
  });
});
