import { type Kind, PLACE } from "../provider/face/computed";

const LABELS = ["tenant", "description"];

/**
 * The arguments that each class declares as outputs. Pulumi creates an output only for a property that the constructor
 * passes on, so these are passed as undefined where a program does not give them.
 */
export const ARGUMENT_OUTPUTS: Readonly<Record<Kind, readonly string[]>> = {
  TapService: [...PLACE, ...LABELS, "distribution", "collector", "attachment", "tunnelId"],
  TapFlow: [...PLACE, ...LABELS, "service", "direction", "filter", "enabled", "until"],
  MirrorTunnel: ["hosts", "mode", "type", "udpPort", "localIps"],
  MonitorPort: [...LABELS, "host", "type", "name", "socketPath", "ifaceId"],
};
