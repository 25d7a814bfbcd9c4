import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { PropertyMap } from "./properties";

/** A property map as the protocol carries it. */
export function toStruct(map: PropertyMap): Struct {
  return Struct.fromJavaScript(map);
}

/** The reverse of {@link toStruct}; an absent one is empty. */
export function fromStruct(struct: Struct | undefined): PropertyMap {
  return (struct?.toJavaScript() ?? {}) as PropertyMap;
}
