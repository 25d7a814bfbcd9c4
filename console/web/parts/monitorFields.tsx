import { type MonitorChoice, portKey, TYPES } from "../monitorChoice";
import { type PlacedVm, vnicLabel } from "../placedVm";
import { plain } from "../plain";

import { Field } from "./field";

/** The fields of a new service: what it is called, and the port or the address that gets the copies. */
export function MonitorFields(props: {
  label: string;
  choice: MonitorChoice;
  change: (choice: MonitorChoice) => void;
  vms: readonly PlacedVm[];
  error: string | undefined;
}) {
  const { label, choice, change, vms, error } = props;
  const hosts = [...new Set(vms.map(({ host }) => host))];
  return (
    <>
      <Field id="monitor-name" label={label} help="What the program calls it: letters, digits and dashes.">
        {(described) => (
          <input
            {...described}
            type="text"
            required
            autocomplete="off"
            value={choice.name}
            onInput={({ currentTarget }) => change({ ...choice, name: currentTarget.value })}
          />
        )}
      </Field>
      <Field id="monitor-kind" label="Kind">
        {(described) => (
          <select
            {...described}
            value={choice.kind}
            onChange={({ currentTarget }) =>
              change({ ...choice, kind: currentTarget.value as MonitorChoice["kind"] })
            }
          >
            <option value="port">A port on a host</option>
            <option value="collector">A collector outside, by its address</option>
          </select>
        )}
      </Field>
      {choice.kind === "port" ? (
        <Field
          id="monitor-port"
          label="Monitor port"
          help="While it is a monitor, this port gets copies and nothing else: it leaves the integration bridge."
          error={error}
        >
          {(described) => (
            <select
              {...described}
              required
              value={choice.port}
              onChange={({ currentTarget }) => change({ ...choice, port: currentTarget.value })}
            >
              <option value="">Choose a port</option>
              {hosts.map((host) => (
                <optgroup key={host} label={plain(host, 80)}>
                  {vms
                    .filter((vm) => vm.host === host)
                    .flatMap((vm) =>
                      vm.vnics.map((vnic) => (
                        <option
                          key={portKey(host, vnic.port)}
                          value={portKey(host, vnic.port)}
                          disabled={vnic.monitor || vnic.tappedBy.length > 0}
                        >
                          {plain(`${vm.name} · ${vnicLabel(vnic)}`, 160)}
                        </option>
                      )),
                    )}
                </optgroup>
              ))}
            </select>
          )}
        </Field>
      ) : (
        <>
          <Field id="monitor-address" label="Collector address" error={error}>
            {(described) => (
              <input
                {...described}
                type="text"
                required
                autocomplete="off"
                placeholder="192.0.2.9"
                value={choice.address}
                onInput={({ currentTarget }) => change({ ...choice, address: currentTarget.value })}
              />
            )}
          </Field>
          <Field id="monitor-type" label="Encapsulation">
            {(described) => (
              <select
                {...described}
                value={choice.type}
                onChange={({ currentTarget }) =>
                  change({ ...choice, type: currentTarget.value as MonitorChoice["type"] })
                }
              >
                {TYPES.map((type) => (
                  <option key={type}>{type}</option>
                ))}
              </select>
            )}
          </Field>
        </>
      )}
    </>
  );
}
