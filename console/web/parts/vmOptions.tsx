import type { ComponentChildren } from "preact";
import type { PlacedVm } from "../placedVm";
import { plain } from "../plain";

/** VMs, or something about each, as the options of a `select`, grouped by host. */
export function VmOptions(props: { vms: readonly PlacedVm[]; option: (vm: PlacedVm) => ComponentChildren }) {
  const { vms, option } = props;
  const hosts = [...new Set(vms.map(({ host }) => host))];
  return (
    <>
      {hosts.map((host) => (
        <optgroup key={host} label={plain(host, 80)}>
          {vms.filter((vm) => vm.host === host).map(option)}
        </optgroup>
      ))}
    </>
  );
}
