/** Tap-as-a-Service for Open vSwitch as Pulumi resources. */
export type { ErrorCode } from "../provider/errorCodes";
export type { Collector, CollectorArgs, CollectorKeys } from "./collector";
export type { FilterRule } from "./filterRule";
export {
  type CaptureStatistics,
  type Count,
  getTapStatistics,
  type HostStatistics,
  type RuleStatistics,
  type ServiceStatistics,
  type TapStatistics,
  type TunnelStatistics,
} from "./getTapStatistics";
export type { Host, HostArgs, ResolvedHost } from "./host";
export { MirrorTunnel, type MirrorTunnelArgs, type MirrorTunnelRef } from "./mirrorTunnel";
export { MonitorPort, type MonitorPortArgs } from "./monitorPort";
export type { ExcludedPort, Port, PortConditions, PortSelector } from "./port";
export { type RateLimit, type Sampling, TapFlow, type TapFlowArgs } from "./tapFlow";
export { TapGroup, type TapGroupArgs } from "./tapGroup";
export { TapService, type TapServiceArgs, type TapServiceRef } from "./tapService";
export {
  type StageVerification,
  type TapVerification,
  type TapVerifications,
  type UnseenHost,
  verifyTaps,
} from "./verifyTaps";
