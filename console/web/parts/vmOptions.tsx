import type { PlacedVm } from "../placedVm";
import { plain } from "../plain";

/** VMs as the options of a `select`, in a group a host. */
export function VmOptions(props: {
  vms: readonly PlacedVm[];
  disabled: (vm: PlacedVm) => string | undefined;
}) {
  const { vms, disabled } = props;
  const hosts = [...new Set(vms.map(({ host }) => host))];
  return (
    <>
      {hosts.map((host) => (
        <optgroup key={host} label={plain(host, 80)}>
          {vms
            .filter((vm) => vm.host === host)
            .map((vm) => {
              const why = disabled(vm);
              return (
                <option key={vm.key} value={vm.key} disabled={why !== undefined}>
                  {plain(vm.name, 80)}
                  {why !== undefined && ` (${why})`}
                </option>
              );
            })}
        </optgroup>
      ))}
    </>
  );
}
