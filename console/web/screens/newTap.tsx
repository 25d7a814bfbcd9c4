import { useState } from "preact/hooks";
import type { ConsoleError, TapRow } from "../../api";
import { useLive, useSession } from "../liveContext";
import { Link } from "../navigation";
import { editOf, NEW_SERVICE, NO_CHOICE, proposedName, type TapChoice } from "../newTapChoice";
import { EndsField, FilterField } from "../parts/choices";
import { Field } from "../parts/field";
import { MonitorFields } from "../parts/monitorFields";
import { ErrorNotice, Notice } from "../parts/notice";
import { VmOptions } from "../parts/vmOptions";
import { type PlacedVm, vnicLabel } from "../placedVm";
import { plain } from "../plain";
import { byName } from "../search";
import { useEdit } from "../useEdit";
import { useVms } from "../useVms";
import { NewTapPanel } from "./newTapPanel";

/** The fields that a message of the server belongs to. */
const AT: Readonly<Record<string, "name" | "service" | "vm" | "filter" | "ends" | "monitor">> = {
  name: "name",
  service: "service",
  host: "vm",
  port: "vm",
  filter: "filter",
  until: "ends",
  monitor: "monitor",
};

/** A new tap: where the copies go, what is copied, for how long; and beside it what that means. */
export function NewTapScreen() {
  const session = useSession();
  return (
    <>
      <p class="crumb">
        <Link to="/">Back to the list</Link>
      </p>
      <h1 tabIndex={-1}>New tap</h1>
      {session?.readOnly !== undefined ? (
        <Notice tone="off" title={`Read-only: ${session.readOnly}.`} />
      ) : (
        <Form />
      )}
    </>
  );
}

function messageFor(error: ConsoleError | undefined): (field: string) => string | undefined {
  const at = error?.field === undefined ? undefined : AT[error.field];
  return (field) => (at !== undefined && at === field ? error?.message : undefined);
}

function Form() {
  const { taps, services } = useLive();
  const { vms, complete } = useVms();
  const edit = useEdit();
  const [choice, setChoice] = useState(NO_CHOICE);
  const change = (part: Partial<TapChoice>) => setChoice((before) => ({ ...before, ...part }));
  const vm = vms.find(({ key }) => key === choice.vm);
  const vnic = vm?.vnics.find(({ index }) => String(index) === choice.vnic);
  const taken = new Set(
    [...taps.values(), ...services.values()].filter(({ own }) => own).map(({ name }) => name),
  );
  const name = choice.name ?? proposedName(vm?.name, taken);
  const messageAt = messageFor(edit.error);
  const hasPlace = edit.error?.field !== undefined && Object.hasOwn(AT, edit.error.field);
  return (
    <div class="two">
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          const wanted = editOf(choice, name, vm, vnic, vms);
          if (wanted !== undefined) edit.preview(wanted);
        }}
      >
        {edit.error !== undefined && !hasPlace && <ErrorNotice error={edit.error} />}
        <fieldset>
          <legend>Where the copies go</legend>
          <ServiceField value={choice.service} change={change} error={messageAt("service")} />
          {choice.service === NEW_SERVICE && (
            <MonitorFields
              label="Call it"
              choice={choice.monitor}
              change={(monitor) => change({ monitor })}
              vms={vms}
              error={messageAt("monitor")}
            />
          )}
        </fieldset>
        <fieldset>
          <legend>What is copied</legend>
          <VmFields
            choice={choice}
            change={change}
            vms={vms}
            vm={vm}
            complete={complete}
            error={messageAt("vm")}
          />
          <DirectionField value={choice.direction} change={change} />
          <FilterField
            value={choice.filter}
            change={(filter) => change({ filter })}
            error={messageAt("filter")}
          />
        </fieldset>
        <fieldset>
          <legend>Its name and its end</legend>
          <Field
            id="name"
            label="Name"
            help="What the program calls the tap: letters, digits and dashes."
            error={messageAt("name")}
          >
            {(described) => (
              <input
                {...described}
                type="text"
                required
                autocomplete="off"
                value={name}
                onInput={({ currentTarget }) => change({ name: currentTarget.value })}
              />
            )}
          </Field>
          <EndsField value={choice.ends} change={(ends) => change({ ends })} error={messageAt("ends")} />
        </fieldset>
        <p class="actions">
          <button type="submit" class="primary" disabled={edit.busy}>
            Preview
          </button>
          <span class="help">
            Shows every rule that would change. Nothing is changed before you confirm it.
          </span>
        </p>
      </form>
      <NewTapPanel choice={choice} vm={vm} vnic={vnic} />
    </div>
  );
}

type Change = (part: Partial<TapChoice>) => void;

function ServiceField(props: { value: string; change: Change; error: string | undefined }) {
  const { value, change, error } = props;
  const { services, complete } = useLive();
  const rows = byName(services.values());
  const chosen = services.get(value);
  const names = rows.map((row) => row.name);
  return (
    <Field
      id="service"
      label="Service"
      error={error}
      help={
        chosen === undefined
          ? "The monitor that gets the copies, from the list or a new one."
          : plain(`${chosen.monitor}, of ${chosen.own ? "this stack" : chosen.stack}, ${chosen.state}`)
      }
    >
      {(described) => (
        <select
          {...described}
          required
          value={value}
          onChange={({ currentTarget }) => change({ service: currentTarget.value })}
        >
          <option value="">{complete ? "Choose one" : "Hosts are being asked"}</option>
          {rows.map((row) => (
            <option key={row.id} value={row.id}>
              {plain(row.name, 80)}
              {names.filter((each) => each === row.name).length > 1 && ` (${plain(row.stack, 80)})`}
            </option>
          ))}
          <option value={NEW_SERVICE}>New one</option>
        </select>
      )}
    </Field>
  );
}

function VmFields(props: {
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
      <Field
        id="vm"
        label="VM"
        error={error}
        help={vm === undefined ? undefined : plain(`on ${vm.host}, ${vm.id}`)}
      >
        {(described) => (
          <select
            {...described}
            required
            value={choice.vm}
            onChange={({ currentTarget }) => choose(currentTarget.value)}
          >
            <option value="">{complete ? "Choose one" : "Hosts are being asked"}</option>
            <VmOptions
              vms={vms}
              disabled={({ vnics }) => (vnics.every(({ monitor }) => monitor) ? "a monitor" : undefined)}
            />
          </select>
        )}
      </Field>
      <Field id="vnic" label="vNIC">
        {(described) => (
          <select
            {...described}
            required
            disabled={vm === undefined}
            value={choice.vnic}
            onChange={({ currentTarget }) => change({ vnic: currentTarget.value })}
          >
            <option value="">{vm === undefined ? "Choose the VM first" : "Choose one"}</option>
            {vm?.vnics.map((vnic) => (
              <option key={vnic.index} value={String(vnic.index)} disabled={vnic.monitor}>
                {plain(vnicLabel(vnic), 160)}
                {vnic.monitor ? " (a monitor)" : ""}
              </option>
            ))}
          </select>
        )}
      </Field>
    </>
  );
}

function DirectionField(props: { value: TapRow["direction"]; change: Change }) {
  const { value, change } = props;
  return (
    <Field id="direction" label="Direction">
      {(described) => (
        <select
          {...described}
          value={value}
          onChange={({ currentTarget }) => change({ direction: currentTarget.value as TapRow["direction"] })}
        >
          <option value="both">Both: what it sends and gets</option>
          <option value="ingress">Ingress: what it gets</option>
          <option value="egress">Egress: what it sends</option>
        </select>
      )}
    </Field>
  );
}
