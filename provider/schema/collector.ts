import * as z from "zod";
import { ENCAPSULATIONS } from "../encapsulation/encapsulation";
import { encapsulation } from "../encapsulation/encapsulations";
import { udpPort } from "./common";
import { ipAddress } from "./host";

const key = z.int("must be a whole number");

/** A destination outside the cloud, by address, as a program gives it. */
export const collectorInput = z
  .strictObject({
    address: ipAddress,
    type: z.enum(ENCAPSULATIONS),
    key: key.optional(),
    udpPort: udpPort.optional(),
    erspanVersion: z.literal([1, 2]).optional(),
    keys: z.strictObject({ ingress: key, egress: key }).meta({ id: "CollectorKeys" }).optional(),
  })
  .superRefine((value, context) => {
    const refuse = (field: string, message: string): void => {
      context.addIssue({ code: "custom", message, path: [field] });
    };
    const { type, keys } = value;
    const { udp, versions, keys: bounds } = encapsulation(type);
    if (value.key !== undefined && keys !== undefined)
      refuse("keys", "give key, or keys for each direction, not both");
    if (value.udpPort !== undefined && udp === "none") refuse("udpPort", `${type} has no UDP port`);
    if (value.erspanVersion !== undefined && versions.length === 1)
      refuse("erspanVersion", `${type} is not ERSPAN`);
    for (const [field, given] of Object.entries({
      key: value.key,
      "keys.ingress": keys?.ingress,
      "keys.egress": keys?.egress,
    })) {
      if (given !== undefined && (given < bounds.least || given > bounds.largest)) {
        refuse(field, `a key of ${type} must be ${bounds.least} to ${bounds.largest}`);
      }
    }
    if (keys !== undefined && keys.ingress === keys.egress)
      refuse("keys", "the keys of the two directions must differ");
  })
  .meta({ id: "Collector" });

export type CollectorInput = z.output<typeof collectorInput>;

/** A collector with all defaults filled in. */
export const collector = z.object({
  address: ipAddress,
  type: z.enum(ENCAPSULATIONS),
  /** 0 for gre and erspan. */
  udpPort: z.int(),
  erspanVersion: z.literal([1, 2]).optional(),
  keys: z.object({ ingress: z.int(), egress: z.int() }),
});
export type Collector = z.output<typeof collector>;

/** Fills in the defaults: the key is derived from the service's tunnel id, and the UDP port is the standard one. */
export function completeCollector(input: CollectorInput, tunnelId: number): Collector {
  const { udp, versions, keys } = encapsulation(input.type);
  const one = input.key ?? keys.of(tunnelId);
  return {
    address: input.address,
    type: input.type,
    udpPort: input.udpPort ?? (udp === "none" ? 0 : udp.standard),
    ...(versions.length > 1 ? { erspanVersion: input.erspanVersion ?? 1 } : {}),
    keys: input.keys ?? { ingress: one, egress: one },
  };
}
