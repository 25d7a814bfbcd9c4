import * as z from "zod";
import { adopt, attachTimeout, labels, ownerKey, rateLimit, sampling, snapLength, until } from "./common";
import { filterAction, flowFilter } from "./filter";
import { places, recordedPlaces } from "./host";
import { portInput } from "./port";
import { portSelector } from "./selector";
import { serviceRef } from "./service";
import { tunnelRef } from "./tunnel";

export const direction = z.enum(["ingress", "egress", "both"]);
export type Direction = z.output<typeof direction>;

/** What is copied of a port. Flows that differ only in these options share a capture group. */
export const captureOptions = { direction: direction.default("both"), enabled: z.boolean().default(true) };

/**
 * How copies are treated. These options are part of a capture group's key: flows that differ in any of them have
 * separate groups.
 */
export const treatmentOptions = {
  filter: flowFilter.optional(),
  defaultAction: filterAction.optional(),
  sampling: sampling.optional(),
  snapLength: snapLength.optional(),
  rateLimit: rateLimit.optional(),
  counters: z.enum(["shared", "own"]).default("shared"),
};

/** How long a flow taps. Flows that end at different times have separate capture groups. */
export const endOptions = { until: until.optional() };

/** The arguments of a TapFlow. */
export const flowArgs = {
  service: serviceRef,
  ...places,
  port: portInput.optional(),
  ports: portSelector.optional(),
  ...captureOptions,
  ...treatmentOptions,
  ...endOptions,
  /** What to do about copies that are too large for the path to the monitor. */
  mtuPolicy: z.enum(["warn", "fail", "truncate"]).default("warn"),
  tunnel: tunnelRef.optional(),
  transport: z.enum(["dedicated", "shared"]).default("dedicated"),
  attachTimeout,
  ...labels,
  adopt,
  owner: ownerKey,
};

/** What `check` adds to the arguments of a TapFlow. */
export const flowComputed = { tunnelId: z.int(), rules: z.array(z.string()) };

/** The inputs of a TapFlow after `check`. */
export const flowInputs = z.object({ ...flowArgs, ...recordedPlaces, ...flowComputed });
export type FlowInputs = z.output<typeof flowInputs>;
