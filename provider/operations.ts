/** Everything that operations on hosts need, under the names by which `handlers.ts` knows the kinds of resources. */
export { tapFlow as TapFlow } from "./resource/flow";
export { monitorPort as MonitorPort } from "./resource/monitorPort";
export { tapService as TapService } from "./resource/service";
export { mirrorTunnel as MirrorTunnel } from "./resource/tunnel";
export { contextForCaller, createContext, withContext } from "./runtime";
export { verifyTaps } from "./verify/verifyTaps";
