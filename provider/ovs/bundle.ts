import { numbers } from "./bytes";
import { encodeMessage, TYPE } from "./switchMessages";

/** Steps of a bundle (enum ofp_bundle_ctrl_type), and that it is done as a whole, in its order. */
const BUNDLE = { open: 0, commit: 4, discard: 6 } as const;
const ATOMIC_AND_ORDERED = 3;

/** What is done with a bundle as a whole. */
export type BundleStep = keyof typeof BUNDLE;

/** The body of a bundle's first or last message. */
export function bundleControl(bundle: number, step: BundleStep): Buffer {
  return numbers([4, bundle], [2, BUNDLE[step]], [2, ATOMIC_AND_ORDERED]);
}

/** The body of a message that puts a flow-mod into a bundle; both have the same xid. */
export function bundleAdd(bundle: number, mod: Buffer, xid: number): Buffer {
  const head = numbers([4, bundle], [2, 0], [2, ATOMIC_AND_ORDERED]);
  return Buffer.concat([head, encodeMessage({ type: TYPE.flowMod, xid, body: mod })]);
}
