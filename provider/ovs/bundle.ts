import { numbers } from "./bytes";
import { encodeMessage, TYPE } from "./switchMessages";

/** Steps of a bundle (enum ofp_bundle_ctrl_type); its flags: atomic and ordered. */
const BUNDLE = { open: 0, commit: 4, discard: 6 } as const;
const ATOMIC_AND_ORDERED = 3;

/** A step that concerns a bundle as a whole. */
export type BundleStep = keyof typeof BUNDLE;

/** The body of a bundle's first or last message. */
export function bundleControl(bundle: number, step: BundleStep): Buffer {
  return numbers([4, bundle], [2, BUNDLE[step]], [2, ATOMIC_AND_ORDERED]);
}

/** The body of a message that adds a flow-mod to a bundle; both have the same xid. */
export function bundleAdd(bundle: number, mod: Buffer, xid: number): Buffer {
  const head = numbers([4, bundle], [2, 0], [2, ATOMIC_AND_ORDERED]);
  return Buffer.concat([head, encodeMessage({ type: TYPE.flowMod, xid, body: mod })]);
}
