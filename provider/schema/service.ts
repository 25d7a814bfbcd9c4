import * as z from "zod";
import { collector, collectorInput } from "./collector";
import { adopt, attachTimeout, labels, ownerKey, reference, tunnelId } from "./common";
import { hostRecord, places, recordedPlaces } from "./host";
import { describePort, portInput, portKey } from "./port";

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

/** How monitors receive copies, and whose they may be. Claims contain these options as the arguments do. */
export const monitorOptions = {
  distribution: z.enum(["copy", "hash", "failover"]).default("copy"),
  attachment: z.enum(["tap-bridge", "integration-bridge"]).default("tap-bridge"),
  ...labels,
  allowCrossTenant: z.boolean().default(false),
};

/** The arguments of a TapService. */
export const serviceArgs = {
  ...places,
  port: portInput.optional(),
  ports: monitors.optional(),
  collector: collectorInput.optional(),
  ...monitorOptions,
  tunnelId: tunnelId.optional(),
  attachTimeout,
  adopt,
  owner: ownerKey,
};

/** What a TapFlow knows about its service. Only ever extended. */
export const serviceRef = reference("TapService", {
  owner: ownerKey,
  tunnelId,
  host: hostRecord.optional(),
  /** Candidates instead of host: the service is on the one where its port is. */
  hosts: z.array(hostRecord).optional(),
  collector: collector.optional(),
  tenant: z.string().optional(),
  /** `tap-bridge`, `integration-bridge` or `collector`. */
  attachment: z.string(),
}).refine(
  ({ host, hosts, collector: outside }) => (host ?? hosts?.[0] ?? outside) !== undefined,
  "a reference needs a host or a collector",
);
export type ServiceRef = z.output<typeof serviceRef>;

/** What `check` adds to the arguments of a TapService. */
export const serviceComputed = { ref: serviceRef, rules: z.array(z.string()) };

/** The inputs of a TapService after `check`. */
export const serviceInputs = z.object({
  ...serviceArgs,
  ...recordedPlaces,
  tunnelId,
  ...serviceComputed,
});
export type ServiceInputs = z.output<typeof serviceInputs>;
