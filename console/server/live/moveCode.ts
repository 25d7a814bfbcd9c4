import { quoteArgv } from "../../../provider/host/quote";
import { printableLine } from "../../../provider/printable";
import type { ServiceClaim } from "../../../provider/schema/claim";
import { labels } from "../../../provider/schema/common";
import { endOptions, treatmentOptions } from "../../../provider/schema/flow";
import type { PortInput } from "../../../provider/schema/port";
import { expressionKey, literal, mapTexts } from "../program/literal";
import { resourceText } from "../program/resourceText";
import { type End, type Ends, type FlowEnds, rivalsOf } from "./ends";
import { nameOf } from "./ids";

/** A reference to a service, as in its `ref` output, for a program of another stack. */
export function refOf({ claim, view }: End<ServiceClaim>): Record<string, unknown> {
  const { owner, tunnelId, tenant, attachment } = claim;
  const { name } = view.record;
  return {
    ...{ format: 1, owner, tunnelId, host: name },
    ...(tenant === undefined ? {} : { tenant }),
    attachment,
  };
}

/** Arguments that a claim contains as the program gave them. */
const GIVEN = keysOf({ ...treatmentOptions, ...endOptions, ...labels });

function keysOf<Key extends string>(options: Readonly<Record<Key, unknown>>): Key[] {
  return Object.keys(options) as Key[];
}

/**
 * The YAML that takes over a tap from another stack, with the steps in order. Nothing on the hosts changes: the claims
 * are renamed. Undefined where it cannot be written, a host has not said what it needs, or two hosts claim the tap or
 * its service.
 */
export function moveCode({ source, others }: FlowEnds, ends: Ends): string | undefined {
  if (source?.claim.source === undefined) return undefined;
  const { claim, view } = source;
  const service = ends.services.get(claim.service);
  if (service === undefined || others.length > 0 || rivalsOf(service).length > 0) return undefined;
  const { port, ports, direction, enabled, counters } = claim.source!;
  const given = { ...claim.source, ...claim, counters: counters === "shared" ? undefined : counters };
  const properties = {
    ...{
      service: refOf(service),
      host: view.record.name,
      ...(port === undefined ? { ports } : { port: plain(port) }),
      direction,
    },
    ...(enabled ? {} : { enabled }),
    ...(claim.shared === undefined ? {} : { transport: "shared" }),
    ...Object.fromEntries(GIVEN.flatMap((key) => (given[key] === undefined ? [] : [[key, given[key]]]))),
  };
  if (expressionKey(properties) !== undefined) return undefined;
  const key = nameOf(claim.owner);
  const resource = {
    ...{ key, type: "taas:TapFlow" },
    properties: mapTexts(properties, literal) as Record<string, unknown>,
  };
  // What a host says is no command, whoever puts this line into a shell.
  const words = quoteArgv([key, `${view.record.name}:${claim.owner}`].map(printableLine));
  return [
    "# 1. Put this under resources: of this program.",
    resourceText([resource]).replace(/^/gm, "  "),
    `# 2. Take the tap into this stack:   pulumi import taas:index:TapFlow ${words}`,
    "# 3. In the program that has it now: pulumi state delete its URN, and delete it there.",
    "# 4. Preview: only the names of claims change.",
    "",
  ].join("\n");
}

/** A port as a program names it; what was first found with a MAC address belongs to the claim. */
function plain(port: PortInput): unknown {
  return typeof port === "object" && "mac" in port ? { mac: port.mac } : port;
}
