import { z } from "zod";
import { attachTimeout, label, ownerKey } from "./common";
import { hostInput, hostRecord } from "./host";
import { portInput } from "./port";
import { serviceRef } from "./service";
import { tunnelRef } from "./tunnel";

export const direction = z.enum(["ingress", "egress", "both"]);
export type Direction = z.output<typeof direction>;

/** The arguments of a TapFlow, by property, before defaults. */
export const flowArgs = {
  service: serviceRef,
  host: hostInput,
  port: portInput,
  direction: direction.optional(),
  tunnel: tunnelRef.optional(),
  enabled: z.boolean().optional(),
  attachTimeout: attachTimeout.optional(),
  tenant: label.min(1).optional(),
  description: label.optional(),
  adopt: z.boolean().optional(),
  owner: ownerKey,
};

/** The inputs of a TapFlow as `check` leaves them. */
export const flowInputs = z.object({
  ...flowArgs,
  host: hostRecord,
  direction,
  enabled: z.boolean(),
  attachTimeout,
  tunnelId: z.int(),
  rules: z.array(z.string()),
});
export type FlowInputs = z.output<typeof flowInputs>;
