import type { TapRow } from "../../api/rows";
import { useLive } from "../liveContext";
import { NEW_SERVICE, type TapChoice } from "../newTapChoice";
import { SelectField } from "../parts/field";
import { VmOptions } from "../parts/vmOptions";
import { type PlacedVm, vnicLabel } from "../placedVm";
import { plain } from "../plain";
import { byName } from "../search";

type Change = (part: Partial<TapChoice>) => void;

/** The monitor: one from the list, or a new one. */
export function ServiceField(props: { value: string; change: Change; error: string | undefined }) {
  const { value, change, error } = props;
  const { services, complete } = useLive();
  const rows = byName(services.values());
  const chosen = services.get(value);
  const names = rows.map((row) => row.name);
  return (
    <SelectField
      id="service"
      label="Service"
      help={
        chosen === undefined
          ? "The monitor that gets the copies, from the list or a new one."
          : plain(`${chosen.monitor}, of ${chosen.own ? "this stack" : chosen.stack}, ${chosen.state}`)
      }
      error={error}
      required
      value={value}
      change={(service) => change({ service })}
    >
      <option value="">{complete ? "Choose one" : "Hosts are being asked"}</option>
      {rows.map((row) => (
        <option key={row.id} value={row.id}>
          {plain(row.name, 80)}
          {names.filter((each) => each === row.name).length > 1 && ` (${plain(row.stack, 80)})`}
        </option>
      ))}
      <option value={NEW_SERVICE}>New one</option>
    </SelectField>
  );
}

/** One port, or all that match. */
export function SourceField(props: { value: TapChoice["source"]; change: Change }) {
  const { value, change } = props;
  return (
    <SelectField id="source" label="Source" value={value} change={(source) => change({ source })}>
      <option value="port">One vNIC of a VM</option>
      <option value="match">All ports that match, now and later</option>
    </SelectField>
  );
}

/** The VM, then which of its vNICs. */
export function VmFields(props: {
  choice: TapChoice;
  change: Change;
  vms: readonly PlacedVm[];
  vm: PlacedVm | undefined;
  complete: boolean;
  error: string | undefined;
}) {
  const { choice, change, vms, vm, complete, error } = props;
  const choose = (key: string) => {
    const free = vms.find((each) => each.key === key)?.vnics.filter(({ monitor }) => !monitor) ?? [];
    change({ vm: key, vnic: free.length === 1 ? String(free[0]!.index) : "" });
  };
  return (
    <>
      <SelectField
        id="vm"
        label="VM"
        help={vm === undefined ? undefined : plain(`on ${vm.host}, ${vm.id}`)}
        error={error}
        required
        value={choice.vm}
        change={choose}
      >
        <option value="">{complete ? "Choose one" : "Hosts are being asked"}</option>
        <VmOptions vms={vms} option={vmOption} />
      </SelectField>
      <SelectField
        id="vnic"
        label="vNIC"
        required
        disabled={vm === undefined}
        value={choice.vnic}
        change={(vnic) => change({ vnic })}
      >
        <option value="">{vm === undefined ? "Choose the VM first" : "Choose one"}</option>
        {vm?.vnics.map((vnic) => (
          <option key={vnic.index} value={String(vnic.index)} disabled={vnic.monitor}>
            {plain(vnicLabel(vnic), 160)}
            {vnic.monitor ? " (a monitor)" : ""}
          </option>
        ))}
      </SelectField>
    </>
  );
}

function vmOption({ key, name, vnics }: PlacedVm) {
  const isMonitor = vnics.every(({ monitor }) => monitor);
  return (
    <option key={key} value={key} disabled={isMonitor}>
      {plain(name, 80)}
      {isMonitor && " (a monitor)"}
    </option>
  );
}

/** The direction of the frames that are copied. */
export function DirectionField(props: { value: TapRow["direction"]; change: Change }) {
  const { value, change } = props;
  return (
    <SelectField id="direction" label="Direction" value={value} change={(direction) => change({ direction })}>
      <option value="both">Both: what it sends and gets</option>
      <option value="ingress">Ingress: what it gets</option>
      <option value="egress">Egress: what it sends</option>
    </SelectField>
  );
}
