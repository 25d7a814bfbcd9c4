import type { Monitor } from "../../api/edit";
import { literal } from "../program/literal";
import type { NewResource } from "../program/resourceText";
import { forbidden, invalid } from "../refusal";
import type { Viewer } from "../roles/viewer";
import { allowedPort, type Ground } from "./ground";
import { labels, portOf } from "./written";

/** A service as the program gets it. Throws a Refusal where there is no such port, or it is not the viewer's to have as a monitor. */
export function newService(
  name: string,
  { host, port, collector }: Monitor,
  description: string | undefined,
  viewer: Viewer,
  ground: Ground,
): NewResource {
  const type = "taas:TapService";
  if (collector !== undefined) {
    if (host !== undefined || port !== undefined)
      throw invalid("a collector has neither host nor port", "monitor");
    if (viewer.role === "tenant")
      throw forbidden("copies may leave for a collector only where an admin says so");
    return { key: name, type, properties: { collector, ...labels(description, viewer) } };
  }
  if (host === undefined || port === undefined)
    throw invalid("a service has a host and a port, or a collector", "monitor");
  const found = allowedPort(host, port, "monitor", viewer, ground);
  return {
    key: name,
    type,
    properties: { host: literal(host), port: portOf(port, found), ...labels(description, viewer) },
  };
}
