import * as z from "zod";
import { collector, collectorInput } from "./collector";
import { attachTimeout, label, ownerKey, reference, tunnelId } from "./common";
import { hostInput, hostInputs, hostRecord } from "./host";
import { describePort, portInput, portKey } from "./port";

/** How several monitors share copies. */
export const distribution = z.enum(["copy", "hash", "failover"]);

export const attachment = z.enum(["tap-bridge", "integration-bridge"]);

/** Several monitors, each once. */
const monitors = z
  .array(portInput)
  .min(1, "at least one port")
  .max(64, "at most 64 ports")
  .superRefine((ports, context) => {
    const keys = ports.map(portKey);
    for (const [index, port] of ports.entries()) {
      if (keys.indexOf(keys[index]!) === index) continue;
      context.addIssue({
        code: "custom",
        path: [index],
        message: `port ${describePort(port)} is named twice`,
      });
    }
  });

/** The arguments of a TapService, by property, before defaults. */
export const serviceArgs = {
  host: hostInput.optional(),
  hosts: hostInputs.optional(),
  port: portInput.optional(),
  ports: monitors.optional(),
  distribution: distribution.optional(),
  collector: collectorInput.optional(),
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
export const serviceRef = reference("a TapService, or the ref of one", {
  owner: ownerKey,
  tunnelId,
  host: hostRecord.optional(),
  /** Candidates instead of host: the service is where its port is. */
  hosts: z.array(hostRecord).optional(),
  collector: collector.optional(),
  tenant: z.string().optional(),
  /** `tap-bridge`, `integration-bridge` or `collector`. */
  attachment: z.string(),
}).refine(
  ({ host, hosts, collector: outside }) => (host ?? hosts?.[0] ?? outside) !== undefined,
  "a reference to no host and no collector",
);
export type ServiceRef = z.output<typeof serviceRef>;

/** The inputs of a TapService as `check` leaves them. */
export const serviceInputs = z.object({
  ...serviceArgs,
  host: hostRecord.optional(),
  hosts: z.array(hostRecord).optional(),
  distribution,
  attachment: attachment.optional(),
  tunnelId,
  attachTimeout,
  ref: serviceRef,
  rules: z.array(z.string()),
});
export type ServiceInputs = z.output<typeof serviceInputs>;
