import { z } from "zod";
import { attachTimeout, label, ownerKey, tunnelId } from "./common";
import { hostInput, hostRecord } from "./host";
import { portInput } from "./port";

export const attachment = z.enum(["tap-bridge", "integration-bridge"]);

/** The arguments of a TapService, by property, before defaults. */
export const serviceArgs = {
  host: hostInput,
  port: portInput,
  attachment: attachment.optional(),
  tunnelId: tunnelId.optional(),
  attachTimeout: attachTimeout.optional(),
  tenant: label.min(1).optional(),
  allowCrossTenant: z.boolean().optional(),
  description: label.optional(),
  adopt: z.boolean().optional(),
  owner: ownerKey,
};

/** What a TapFlow knows of its service. Only ever extended. */
export const serviceRef = z.object({
  format: z.literal(1, "a reference of a newer format: update pulumi-taas in this program"),
  owner: ownerKey,
  tunnelId,
  host: hostRecord,
  tenant: z.string().optional(),
  attachment,
});
export type ServiceRef = z.output<typeof serviceRef>;

/** The inputs of a TapService as `check` leaves them. */
export const serviceInputs = z.object({
  ...serviceArgs,
  host: hostRecord,
  attachment,
  tunnelId,
  attachTimeout,
  ref: serviceRef,
  rules: z.array(z.string()),
});
export type ServiceInputs = z.output<typeof serviceInputs>;
