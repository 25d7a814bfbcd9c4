import type { Stage, Tap, TapRow } from "../../console/api/rows";
import { change, inMinutes } from "./rows";

/** What reaches each stage, of a tap whose copies arrive at a rate: counters are those of the last 500 seconds. */
function counted(perSecond: number): Pick<Stage, "frames" | "perSecond" | "state"> {
  return { frames: perSecond * 500, perSecond, state: perSecond > 0 ? "ok" : "idle" };
}

/** The stages of a tap, as the server tells them: all that come after `dead` are idle. */
export function stages(row: TapRow, dead?: Stage["kind"]): Stage[] {
  const { host, port, vm, direction, filter, service, monitor, copiesPerSecond = 0 } = row;
  const [name, place] = monitor.split(" on ");
  const here = { host, ...counted(copiesPerSecond) };
  const all: Stage[] = [
    { kind: "source", host, title: port, detail: `${direction} of ${vm}`, state: "ok" },
    { ...here, kind: "capture", title: "capture group", detail: "an OVS Mirror" },
    ...(filter === "" ? [] : [{ ...here, kind: "filter" as const, title: "filter", detail: filter }]),
    ...(place === host
      ? []
      : [{ ...here, kind: "tunnel" as const, title: "tunnel", detail: `to ${place ?? name}` }]),
    {
      ...here,
      kind: "delivery",
      host: place ?? "",
      title: monitor,
      detail: `service ${service}, all its taps together`,
    },
  ];
  const at = all.findIndex(({ kind }) => kind === dead);
  return all.map((stage, index) => {
    if (at < 0 || index < at) return stage;
    const stopped = { ...stage, ...(stage.frames === undefined ? {} : counted(0)) };
    return index === at
      ? { ...stopped, state: "dead", reason: row.reason ?? "none come here" }
      : { ...stopped, state: "idle" };
  });
}

/** The rules of a tap on its source's host, as the server writes them. */
export function rulesOf({ port, direction, filter, monitor, host }: TapRow): string[] {
  const selects = { ingress: ["dst"], egress: ["src"], both: ["src", "dst"] }[direction];
  const from = `br-tap table=1,in_port=${port}`;
  const numbers = [...filter.matchAll(/port (\d+)/g)].map(([, number]) => number!);
  const accepted = numbers.flatMap((number) => [`tp_src=${number}`, `tp_dst=${number}`]);
  const output = monitor.endsWith(` on ${host}`)
    ? monitor.split(" ")[0]
    : `tunnel(${monitor.split(" on ").at(-1)!.replace(/ \(.*/, "")})`;
  return [
    ...selects.map((way) => `br-int mirror select_${way}_port=${port},actions=output:br-tap`),
    ...accepted.map((match, index) => `${from} rule ${index}: tcp|tcp6,dl_vlan=untagged,${match} accept`),
    ...(filter === "" ? [] : [`${from} default: any reject`]),
    `br-tap table=2,in_port=${port},actions=set_field:0x47e323->tun_id,output:${output}`,
  ];
}

/** One tap in full. */
export function tap(row: TapRow): Tap {
  return {
    ...row,
    stages: stages(row, row.state === "drifted" ? "source" : undefined),
    rules: rulesOf(row),
    claims: [
      {
        host: row.host,
        key: `taas:${row.owner}`,
        json: JSON.stringify({ format: 1, kind: "flow", port: row.port }, null, 2),
      },
    ],
    history: [change({ id: "1", what: `Create the tap ${row.name}`, at: inMinutes(-600) })],
    ...(row.own
      ? {}
      : {
          moveCode: `resources:\n  ${row.name}:\n    type: taas:TapFlow\n    properties:\n      host: ${row.host}\n      port: ${row.port}\n`,
        }),
  };
}
