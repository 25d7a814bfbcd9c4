import * as z from "zod";
import { snapLength } from "../common";
import { mac } from "../port";
import { readCidr } from "./address";
import { readEtherType, readProtocol, readVlan } from "./kinds";
import { readPorts } from "./portRange";
import { field } from "./reading";
import { readTcpFlags } from "./tcpFlags";

/** What happens to a copy. */
export const filterAction = z.enum(["accept", "reject"], 'must be "accept" or "reject"');
export type FilterAction = z.output<typeof filterAction>;

/** The fields of a rule. Their meaning is documented in the SDK's `FilterRule`, where programs use them. */
export const fields = {
  action: filterAction,
  direction: z.enum(["ingress", "egress"], 'must be "ingress" or "egress"').optional(),
  snapLength: snapLength.optional(),
  etherType: field(readEtherType, "string", "integer").optional(),
  protocol: field(readProtocol, "string", "integer").optional(),
  source: field(readCidr, "string").optional(),
  destination: field(readCidr, "string").optional(),
  sourcePort: field(readPorts, "integer", "string").optional(),
  destinationPort: field(readPorts, "integer", "string").optional(),
  sourceMac: mac.optional(),
  destinationMac: mac.optional(),
  vlan: field(readVlan, "integer", "string").optional(),
  tcpFlags: field(readTcpFlags, "string").optional(),
  fragment: z.enum(["first", "later", "any", "none"], 'must be "first", "later", "any" or "none"').optional(),
};

/** A parsed rule. */
export type FilterRule = z.output<z.ZodObject<typeof fields>>;
