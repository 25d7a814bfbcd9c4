import { PolicyPack } from "@pulumi/policy";
import { capViolation, endViolation, tenantViolation } from "./rules";

// Each rule reads the checked inputs of one resource, so that a preview already says what is wrong. TypeScript programs and
// those of other languages have different resource types; the rules know both.
new PolicyPack("taas", {
  enforcementLevel: "mandatory",
  policies: [
    {
      name: "allowed-tenants",
      description: "Monitors and taps belong to tenants of a list.",
      configSchema: {
        properties: { tenants: { type: "array", items: { type: "string" }, minItems: 1 } },
        required: ["tenants"],
      },
      validateResource: ({ type, props, getConfig }, report) => {
        const violation = tenantViolation(type, props, getConfig<{ tenants: string[] }>().tenants);
        if (violation !== undefined) report(violation);
      },
    },
    {
      name: "taps-outside-end",
      description: "A tap outside the team's own tenant has an end.",
      configSchema: { properties: { tenant: { type: "string" } }, required: ["tenant"] },
      validateResource: ({ type, props, getConfig }, report) => {
        const violation = endViolation(type, props, getConfig<{ tenant: string }>().tenant);
        if (violation !== undefined) report(violation);
      },
    },
    {
      name: "no-uncapped-tap-of-everything",
      description: "A tap of every frame has a cap.",
      validateResource: ({ type, props }, report) => {
        const violation = capViolation(type, props);
        if (violation !== undefined) report(violation);
      },
    },
  ],
});
