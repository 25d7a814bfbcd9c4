import * as z from "zod";

/** Tunnel ids of services: the range that a VXLAN VNI, a Geneve VNI and a GRE key have in common. */
export const tunnelId = z
  .int("must be a whole number")
  .min(1, "must be 1 to 16777215")
  .max(16777215, "must be 1 to 16777215");

/** Bytes kept of a copy; at least an Ethernet header. */
export const snapLength = z
  .int("must be a whole number of bytes")
  .min(14, "must be at least 14 bytes, an Ethernet header")
  .max(65535, "must be at most 65535 bytes");

const cap = z
  .int("must be a whole number")
  .min(1, "must be at least 1")
  .max(4294967295, "must be at most 4294967295");

/** A cap on accepted copies: in bits or in packets, never both. */
export const rateLimit = z
  .strictObject(
    { kbps: cap.optional(), packetsPerSecond: cap.optional(), burst: cap.optional() },
    "must be { kbps } or { packetsPerSecond }, with or without burst",
  )
  .superRefine(({ kbps, packetsPerSecond }, context) => {
    if ((kbps === undefined) !== (packetsPerSecond === undefined)) return;
    const both = kbps === undefined ? "" : ", not both";
    context.addIssue({ code: "custom", message: `give kbps or packetsPerSecond${both}` });
  })
  .meta({ id: "RateLimit" });
export type RateLimit = z.output<typeof rateLimit>;

/** One conversation in this many is copied. */
export const sampling = z
  .strictObject(
    {
      oneIn: z.int("must be a whole number").min(1, "must be 1 to 65535").max(65535, "must be 1 to 65535"),
    },
    "must be { oneIn }, the number of conversations of which one is copied",
  )
  .meta({ id: "Sampling" });
export type Sampling = z.output<typeof sampling>;

/** A moment in ISO 8601 with its zone; seconds are optional. */
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;

/** Whether a text is a moment. A day that does not exist, such as 30 February, is not. */
function isMoment(text: string): boolean {
  const day = new Date(`${text.slice(0, 10)}T00:00Z`);
  return (
    MOMENT.test(text) &&
    !Number.isNaN(Date.parse(text)) &&
    day.toISOString().slice(0, 10) === text.slice(0, 10)
  );
}

/** When a tap ends. The canonical form is UTC, so that equal moments are equal texts. */
export const until = z
  .string()
  .refine(isMoment, 'must be a moment with its zone, such as "2030-01-31T18:00:00+01:00"')
  .overwrite((text) => (isMoment(text) ? new Date(text).toISOString().replace(".000Z", "Z") : text));

/** Seconds to wait for a port to be plugged. */
export const attachTimeout = z.number().min(0).max(3600).default(60);

const label = z.string().max(1024);

/** Texts that are stored in OVSDB: who a service or a flow belongs to, and free text. */
export const labels = { tenant: label.min(1).optional(), description: label.optional() };

/** Whether a create takes over a claim of its owner that has different content. */
export const adopt = z.boolean().default(false);

/** UDP port of a mirror tunnel. */
export const udpPort = z.int().min(1).max(65535);

/** The identity of a resource: `org/project/stack/<types>/name`, percent-encoded. */
export const ownerKey = z.string().min(1).max(2048);

/** A value that a resource of a kind passes to another: the reference that its `check` computed. */
export function reference<Shape extends z.core.$ZodLooseShape>(kind: string, shape: Shape) {
  const isReference = (value: unknown) => typeof value === "object" && value !== null && "format" in value;
  const format = z.literal(1, "a reference of a newer format: update pulumi-taas in this program");
  const meant = `must be the output ref of a ${kind} (in TypeScript also the ${kind} itself)`;
  return z.custom<object>(isReference, meant).pipe(z.object({ format, ...shape }));
}
