import { type MonitorChoice, portKey, TYPES } from "../monitorChoice";
import { type PlacedVm, vnicLabel } from "../placedVm";
import { plain } from "../plain";
import { InputField, SelectField } from "./field";
import { VmOptions } from "./vmOptions";

/** The fields of a new service: its name, and the port or the address that receives the copies. */
export function MonitorFields(props: {
  label: string;
  choice: MonitorChoice;
  change: (choice: MonitorChoice) => void;
  vms: readonly PlacedVm[];
  error: string | undefined;
}) {
  const { label, choice, vms, error } = props;
  const change = (part: Partial<MonitorChoice>) => props.change({ ...choice, ...part });
  return (
    <>
      <InputField
        id="monitor-name"
        label={label}
        help="What the program calls it: letters, digits and dashes."
        required
        value={choice.name}
        change={(name) => change({ name })}
      />
      <SelectField id="monitor-kind" label="Kind" value={choice.kind} change={(kind) => change({ kind })}>
        <option value="port">A port on a host</option>
        <option value="collector">A collector outside, by its address</option>
      </SelectField>
      {choice.kind === "port" ? (
        <SelectField
          id="monitor-port"
          label="Monitor port"
          help="While it is a monitor, this port gets copies and nothing else: it leaves the integration bridge."
          error={error}
          required
          value={choice.port}
          change={(port) => change({ port })}
        >
          <option value="">Choose a port</option>
          <VmOptions vms={vms} option={portOptions} />
        </SelectField>
      ) : (
        <>
          <InputField
            id="monitor-address"
            label="Collector address"
            error={error}
            required
            placeholder="192.0.2.9"
            value={choice.address}
            change={(address) => change({ address })}
          />
          <SelectField
            id="monitor-type"
            label="Encapsulation"
            value={choice.type}
            change={(type) => change({ type })}
          >
            {TYPES.map((type) => (
              <option key={type}>{type}</option>
            ))}
          </SelectField>
        </>
      )}
    </>
  );
}

/** The ports of a VM; ports that are tapped or are monitors already cannot be selected. */
function portOptions({ host, name, vnics }: PlacedVm) {
  return vnics.map((vnic) => {
    const key = portKey(host, vnic.port);
    return (
      <option key={key} value={key} disabled={vnic.monitor || vnic.tappedBy.length > 0}>
        {plain(`${name} · ${vnicLabel(vnic)}`, 160)}
      </option>
    );
  });
}
