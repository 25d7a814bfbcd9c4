import { output } from "@pulumi/pulumi";
import { expect } from "chai";
import type { Host } from "../../../sdk";
import { TapGroup, type TapServiceRef } from "../../../sdk";

const service = {} as TapServiceRef;

describe("a TapGroup", () => {
  for (const [what, hosts, message] of [
    [
      "a host twice",
      ["one", { address: "192.0.2.1", name: "one" }],
      /^TapGroup net: host one is given twice$/,
    ],
    ["a host whose name is not known", [{ address: output("192.0.2.1") }], /whose name must be known when/],
    ["a host without a name", [""], /^TapGroup net: a flow is named after its host/],
  ] as [string, Host[], RegExp][]) {
    it(`is not created with ${what}`, () => {
      expect(() => new TapGroup("net", { service, hosts, ports: { name: "*" } })).to.throw(
        TypeError,
        message,
      );
    });
  }
});
