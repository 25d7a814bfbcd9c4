import * as z from "zod";
import { sampling } from "../../../provider/schema/common";
import { ipAddress } from "../../../provider/schema/host";
import { portSelector } from "../../../provider/schema/selector";
import type { Edit } from "../../api/edit";

/** A name that Pulumi accepts for a resource and that expressions can use. */
const name = z
  .string()
  .max(63)
  .regex(/^[A-Za-z][A-Za-z0-9_-]*$/, "must start with a letter, and contain only letters, digits, - and _");

const id = z.string().regex(/^[0-9a-f]{16}$/, "is no id");
const text = z.string().max(1024);

const port = z.union(
  [
    z.strictObject({ vmUuid: z.string().min(1).max(255), vnic: z.int().min(0).max(1023).optional() }),
    z.strictObject({ ifaceId: z.string().min(1).max(255) }),
    z.strictObject({ port: z.string().min(1).max(255) }),
  ],
  "must be a port from the list",
);

const host = z.string().min(1).max(255);

const monitor = {
  host: host.optional(),
  port: port.optional(),
  collector: z
    .strictObject({ address: ipAddress, type: z.enum(["gre", "erspan", "vxlan", "geneve"]) })
    .optional(),
};

const until = z.iso
  .datetime({ offset: true, message: "must be a time with a zone, such as 2026-12-01T18:00:00Z" })
  .refine((time) => Date.parse(time) > Date.now(), "is in the past");

const tapping = {
  name,
  service: z.union(
    [z.strictObject({ id }), z.strictObject({ create: z.strictObject({ name, ...monitor }) })],
    "must be a service from the list, or a new one",
  ),
  direction: z.enum(["ingress", "egress", "both"]),
  filter: z.string().max(16_384).optional(),
  sampling: sampling.optional(),
  until: until.optional(),
  description: text.optional(),
};

/** The edits that the page may request. */
export const editSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("createTap"), ...tapping, host, port }),
  z.strictObject({
    kind: z.literal("createGroup"),
    ...tapping,
    hosts: z.array(host).min(1, "must have a host").max(1000),
    ports: portSelector,
  }),
  z.strictObject({ kind: z.literal("createService"), name, ...monitor, description: text.optional() }),
  z.strictObject({ kind: z.literal("deleteTap"), id }),
  z.strictObject({ kind: z.literal("deleteService"), id }),
  z.strictObject({ kind: z.literal("apply") }),
]) satisfies z.ZodType<Edit>;
