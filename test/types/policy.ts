// A policy pack whose rules are about the classes of this package. It is compiled against the package, never run.
import { PolicyPack, validateResourceOfType } from "@pulumi/policy";
import { expectTypeOf } from "expect-type";
import { TapFlow, TapService } from "pulumi-taas";

export const pack = new PolicyPack("taps", {
  policies: [
    {
      name: "every-tap-ends",
      description: "Every tap has an end.",
      enforcementLevel: "mandatory",
      validateResource: validateResourceOfType(TapFlow, (flow, _, report) => {
        expectTypeOf(flow.until).toEqualTypeOf<string | undefined>();
        expectTypeOf(flow.direction).toEqualTypeOf<"ingress" | "egress" | "both" | undefined>();
        if (flow.until === undefined) report("give it an end");
        // @ts-expect-error no such argument
        if (flow.end === undefined) report("no such argument");
      }),
    },
    {
      name: "monitors-have-tenants",
      description: "Every monitor belongs to a tenant.",
      enforcementLevel: "mandatory",
      validateResource: validateResourceOfType(TapService, ({ tenant, allowCrossTenant }, _, report) => {
        expectTypeOf(tenant).toEqualTypeOf<string | undefined>();
        if (tenant === undefined || allowCrossTenant === true) report("give it a tenant");
      }),
    },
  ],
});
