import { expect } from "chai";
import { named, namedEach, SEVERAL_TYPES, withFieldNames } from "../../../plugin/fieldNames";
import { UNKNOWN } from "../../../provider/schema/unknown";
import { packageSchema } from "../../../scripts/packageSchema/packageSchema";
import type { TypeSpec } from "../../../scripts/packageSchema/typeSpecs";
import { repositoryRoot } from "../../engine/fixtureProject";

const schema = packageSchema(repositoryRoot());

/** Whether a type is a choice in which there is an object with fields. */
function hasSeveral(spec: TypeSpec): boolean {
  if (spec.items !== undefined) return hasSeveral(spec.items);
  return (spec.oneOf ?? []).some(isObject);
}

function isObject({ $ref, items }: TypeSpec): boolean {
  if (items !== undefined) return isObject(items);
  const type = schema.types[$ref?.replace("#/types/", "") ?? ""];
  return type?.type === "object";
}

describe("field names as Python programs write them", () => {
  it("are the schema's in every argument that may be a text or an object", () => {
    const args = {
      host: { address: "h", tunnel_ip: "192.0.2.1", identity_file: "key" },
      hosts: ["h1", { address: "h2", integration_bridge: "br0" }],
      port: { vm_uuid: "v", vnic: 1 },
      ports: [{ iface_id: "i" }, "tap"],
      filter: [{ action: "accept", protocol: "tcp", destination_port: 443 }],
    };
    expect(withFieldNames(args)).to.deep.equal({
      host: { address: "h", tunnelIp: "192.0.2.1", identityFile: "key" },
      hosts: ["h1", { address: "h2", integrationBridge: "br0" }],
      port: { vmUuid: "v", vnic: 1 },
      ports: [{ ifaceId: "i" }, "tap"],
      filter: [{ action: "accept", protocol: "tcp", destinationPort: 443 }],
    });
  });

  it("are those of every such argument of the package schema", () => {
    const properties = Object.values(schema.resources).flatMap(({ inputProperties }) =>
      Object.entries(inputProperties),
    );
    const several = properties.filter(([, spec]) => hasSeveral(spec)).map(([name]) => name);
    expect(several).to.include.members(["host", "hosts", "port", "ports"]);
    expect([...SEVERAL_TYPES]).to.include.members(several);
  });

  it("change no text, no unknown value, and nothing in other arguments", () => {
    const args = { host: "under_score", port: UNKNOWN, service: { tunnel_id: 5 }, description: "a_b" };
    expect(withFieldNames(args)).to.deep.equal(args);
  });

  it("change no key of a map", () => {
    const ports = { external_ids: { vm_uuid: "v" }, name: "tap_*" };
    expect(named(ports)).to.deep.equal({ externalIds: { vm_uuid: "v" }, name: "tap_*" });
    expect(namedEach({ host_1: { tunnel_ip: "192.0.2.1" }, host_2: "h2" })).to.deep.equal({
      host_1: { tunnelIp: "192.0.2.1" },
      host_2: "h2",
    });
    expect(namedEach("host_1")).to.equal("host_1");
  });
});
