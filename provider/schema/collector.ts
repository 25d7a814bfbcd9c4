import * as z from "zod";
import { udpPort } from "./common";
import { ipAddress } from "./host";

/** ERSPAN session ids have 10 bits; Open vSwitch takes more without an error and then sends nothing. */
const LARGEST_KEY = { gre: 4294967295, erspan: 1023, vxlan: 16777215, geneve: 16777215 };

const key = z.int("must be a whole number");

/** A destination outside, by address, as a program gives it. */
export const collectorInput = z
  .strictObject({
    address: ipAddress,
    type: z.enum(["gre", "erspan", "vxlan", "geneve"]),
    key: key.optional(),
    udpPort: udpPort.optional(),
    erspanVersion: z.literal([1, 2]).optional(),
    keys: z.strictObject({ ingress: key, egress: key }).optional(),
  })
  .superRefine((value, context) => {
    const refuse = (field: string, message: string): void => {
      context.addIssue({ code: "custom", message, path: [field] });
    };
    const { type, keys } = value;
    if (value.key !== undefined && keys !== undefined)
      refuse("keys", "give key, or keys for each direction, not both");
    if (value.udpPort !== undefined && (type === "gre" || type === "erspan"))
      refuse("udpPort", `${type} has no UDP port`);
    if (value.erspanVersion !== undefined && type !== "erspan")
      refuse("erspanVersion", `${type} is not ERSPAN`);
    const least = type === "erspan" ? 1 : 0;
    for (const [field, given] of Object.entries({
      key: value.key,
      "keys.ingress": keys?.ingress,
      "keys.egress": keys?.egress,
    })) {
      if (given !== undefined && (given < least || given > LARGEST_KEY[type])) {
        refuse(field, `a key of ${type} is ${least} to ${LARGEST_KEY[type]}`);
      }
    }
    if (keys !== undefined && keys.ingress === keys.egress)
      refuse("keys", "the keys of the two directions must differ");
  });

export type CollectorInput = z.output<typeof collectorInput>;

/** A collector with all defaults filled in. */
export const collector = z.object({
  address: ipAddress,
  type: z.enum(["gre", "erspan", "vxlan", "geneve"]),
  /** 0 for gre and erspan. */
  udpPort: z.int(),
  erspanVersion: z.literal([1, 2]).optional(),
  keys: z.object({ ingress: z.int(), egress: z.int() }),
});
export type Collector = z.output<typeof collector>;

/** UDP ports of the encapsulations as IANA assigned them, which collectors listen on. */
const IANA_PORT = { vxlan: 4789, geneve: 6081, gre: 0, erspan: 0 };

/** Fills in the defaults: the key is the service's tunnel id, for ERSPAN what 10 bits can hold of it. */
export function completeCollector(input: CollectorInput, tunnelId: number): Collector {
  const standard = input.type === "erspan" ? 1 + (tunnelId % 1023) : tunnelId;
  const one = input.key ?? standard;
  return {
    address: input.address,
    type: input.type,
    udpPort: input.udpPort ?? IANA_PORT[input.type],
    ...(input.type === "erspan" ? { erspanVersion: input.erspanVersion ?? 1 } : {}),
    keys: input.keys ?? { ingress: one, egress: one },
  };
}
