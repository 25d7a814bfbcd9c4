import { CheckRequest, CreateRequest, UpdateRequest } from "@pulumi/pulumi/proto/provider_pb";
import { expect } from "chai";
import { Operations } from "../../../plugin/operations";
import { receive, send } from "../../../plugin/properties";
import { Resources } from "../../../plugin/resources";
import { Provider } from "../../../provider/provider";
import { readSettings } from "../../../provider/settings";
import { errorOf } from "./errorOf";

const URN = "urn:pulumi:prod::taps::taas:index:TapService::ids";

/** Hosts that are declared gone: what is wanted of them fails without asking one. */
const HOSTS = JSON.stringify({ monitor: { address: "192.0.2.1", gone: true } });

function resources(): Resources {
  const provider = new Provider(() => readSettings((key) => (key === "taas:hosts" ? HOSTS : undefined)));
  const operations = new Operations();
  return new Resources({ provider, operations, organization: () => "organization", warn: () => {} });
}

describe("the resources of the plugin", () => {
  it("take the rules of a filter as Pulumi's SDK for Python sends them, and an expression", () => {
    const checked = (filter: unknown) => {
      const check = new CheckRequest();
      check.setUrn("urn:pulumi:prod::taps::taas:index:TapFlow::web");
      const owner = "organization/taps/prod/TapService/ids";
      const host = { name: "monitor", address: "192.0.2.1" };
      const service = { format: 1, owner, tunnelId: 5, host, attachment: "tap-bridge" };
      check.setNews(send({ service, host: "monitor", port: "tap-web", filter }, new Set()));
      const response = resources().check(check);
      expect(response.getFailuresList().map((failure) => failure.getReason())).to.deep.equal([]);
      return receive(response.getInputs()).values.filter;
    };
    const [rule] = checked([{ action: "accept", protocol: "tcp", destination_port: 443 }]) as object[];
    expect(rule).to.include({ action: "accept", protocol: "tcp", destinationPort: 443 });
    expect(checked("tcp port 443")).to.equal("tcp port 443");
  });

  it("name the host in an error, even if an argument is a secret, for which all outputs are secret", async () => {
    const served = resources();
    const check = new CheckRequest();
    check.setUrn(URN);
    check.setNews(send({ host: "monitor", port: "tap-ids", tenant: "acme" }, new Set(["tenant"])));
    const inputs = served.check(check).getInputs()!;
    expect([...receive(inputs).secrets]).to.include.members(["tenant", "ref", "rules"]);
    const create = new CreateRequest();
    create.setUrn(URN);
    create.setProperties(inputs);
    expect(await errorOf(served.create(create))).to.match(/^host monitor: the host is declared gone/);
    const update = new UpdateRequest();
    update.setUrn(URN);
    const olds = { ...receive(inputs).values, incarnation: "t", portName: "tap-ids", status: "active" };
    update.setOlds(send(olds, new Set(["tenant", "ref", "rules", "portName", "status"])));
    update.setNews(inputs);
    expect(await errorOf(served.update(update))).to.match(/^host monitor: the host is declared gone/);
  });
});
