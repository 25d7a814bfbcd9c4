import { useEffect, useState } from "preact/hooks";
import type { Vm } from "../api/ports";
import { useLive } from "./liveContext";
import type { PlacedVm } from "./placedVm";
import { get } from "./request";
import { encoded } from "./route";

/** The VMs of every host that answers, by host and name; `complete` once all have answered or failed. */
export function useVms(): { vms: readonly PlacedVm[]; complete: boolean } {
  const { hosts, complete } = useLive();
  const names = [...hosts.values()].filter(({ state }) => state === "reachable").map(({ name }) => name);
  const asked = names.sort().join("\n");
  const [byHost, setByHost] = useState<ReadonlyMap<string, readonly Vm[]>>(new Map());
  useEffect(() => {
    let current = true;
    for (const host of asked === "" ? [] : asked.split("\n")) {
      const add = (vms: readonly Vm[]) => {
        if (current) setByHost((before) => new Map(before).set(host, vms));
      };
      // A host that does not answer is reported on Hosts; its VMs cannot be selected.
      get<Vm[]>(`/api/hosts/${encoded(host)}/ports`).then(add, () => add([]));
    }
    return () => {
      current = false;
    };
  }, [asked]);
  const vms = names.flatMap((host) => placed(host, byHost.get(host) ?? []));
  return { vms, complete: complete && names.every((host) => byHost.has(host)) };
}

function placed(host: string, vms: readonly Vm[]): PlacedVm[] {
  return vms
    .map((vm) => ({ ...vm, host, key: `${host} ${vm.id}` }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}
