import * as z from "zod";
import { attachTimeout, label, ownerKey, rateLimit, snapLength } from "./common";
import { filterAction, filterRules } from "./filter";
import { hostInput, hostInputs, hostRecord } from "./host";
import { portInput } from "./port";
import { serviceRef } from "./service";
import { tunnelRef } from "./tunnel";

export const direction = z.enum(["ingress", "egress", "both"]);
export type Direction = z.output<typeof direction>;

/** What is done about copies that are too large for their way. */
const mtuPolicy = z.enum(["warn", "fail", "truncate"]);
const transport = z.enum(["dedicated", "shared"]);
const counters = z.enum(["shared", "own"]);

/** The arguments of a TapFlow, by property, before defaults. */
export const flowArgs = {
  service: serviceRef,
  host: hostInput.optional(),
  hosts: hostInputs.optional(),
  port: portInput,
  direction: direction.optional(),
  filter: filterRules.optional(),
  defaultAction: filterAction.optional(),
  snapLength: snapLength.optional(),
  rateLimit: rateLimit.optional(),
  mtuPolicy: mtuPolicy.optional(),
  tunnel: tunnelRef.optional(),
  transport: transport.optional(),
  counters: counters.optional(),
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
  host: hostRecord.optional(),
  hosts: z.array(hostRecord).optional(),
  direction,
  mtuPolicy,
  transport,
  counters,
  enabled: z.boolean(),
  attachTimeout,
  tunnelId: z.int(),
  rules: z.array(z.string()),
});
export type FlowInputs = z.output<typeof flowInputs>;
