import { useState } from "preact/hooks";
import type { ConsoleError } from "../../api/error";
import { useDraft } from "../draft";
import { useLive, useSession } from "../liveContext";
import { type Missing, missingOf } from "../matchChoice";
import { editOf, NEW_SERVICE, NO_CHOICE, proposedName, type TapChoice } from "../newTapChoice";
import { EndsField, FilterField, SamplingField } from "../parts/choices";
import { InputField } from "../parts/field";
import { FormScreen, PreviewButton } from "../parts/formScreen";
import { MatchFields } from "../parts/matchFields";
import { MonitorFields } from "../parts/monitorFields";
import { ErrorNotice } from "../parts/notice";
import { useEdit } from "../useEdit";
import { useVms } from "../useVms";
import { MatchPanel } from "./matchPanel";
import { DirectionField, ServiceField, SourceField, VmFields } from "./newTapFields";
import { NewTapPanel } from "./newTapPanel";

type Place = "name" | "service" | "vm" | "hosts" | "ports" | "filter" | "sampling" | "ends" | "monitor";

/** The field that a message of the server belongs to. */
const AT: Readonly<Record<string, Place>> = {
  name: "name",
  service: "service",
  host: "vm",
  port: "vm",
  hosts: "hosts",
  ports: "ports",
  filter: "filter",
  sampling: "sampling",
  until: "ends",
  monitor: "monitor",
};

/** A new tap: where copies are sent, what is copied, and for how long, with a panel that explains the effect. */
export function NewTapScreen() {
  return (
    <FormScreen title="New tap" list="/">
      <Form />
    </FormScreen>
  );
}

function placeOf({ field = "" }: ConsoleError): Place | undefined {
  return Object.hasOwn(AT, field) ? AT[field] : undefined;
}

function Form() {
  const { taps, services } = useLive();
  const { vms, complete } = useVms();
  const edit = useEdit();
  const [choice, setChoice] = useDraft(NO_CHOICE);
  const [missing, setMissing] = useState<Missing>();
  const isTenant = useSession()?.role === "tenant";
  const change = (part: Partial<TapChoice>) => {
    setMissing(undefined);
    setChoice((before) => ({ ...before, ...part }));
  };
  const vm = vms.find(({ key }) => key === choice.vm);
  const vnic = vm?.vnics.find(({ index }) => String(index) === choice.vnic);
  const taken = new Set(
    [...taps.values(), ...services.values()].filter(({ own }) => own).map(({ name }) => name),
  );
  const isMatch = choice.source === "match";
  const name = choice.name ?? proposedName(isMatch ? undefined : vm?.name, taken);
  const found = edit.error && placeOf(edit.error);
  // Where all ports that match are tapped, there is no field of one VM.
  const place = isMatch && found === "vm" ? "hosts" : found;
  const messageAt = (field: Place) =>
    field === missing?.field ? missing.message : field === place ? edit.error?.message : undefined;
  return (
    <div class="two">
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          const wanted = editOf(choice, name, vm, vnic, vms);
          if (wanted !== undefined) edit.preview(wanted, choice);
          else if (isMatch) setMissing(missingOf(choice.match));
        }}
      >
        {edit.error !== undefined && place === undefined && <ErrorNotice error={edit.error} />}
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
          {!isTenant && <SourceField value={choice.source} change={change} />}
          {isMatch ? (
            <MatchFields
              choice={choice.match}
              change={(match) => change({ match })}
              vms={vms}
              errors={{ hosts: messageAt("hosts"), ports: messageAt("ports") }}
            />
          ) : (
            <VmFields
              choice={choice}
              change={change}
              vms={vms}
              vm={vm}
              complete={complete}
              error={messageAt("vm")}
            />
          )}
          <DirectionField value={choice.direction} change={change} />
          <FilterField
            value={choice.filter}
            change={(filter) => change({ filter })}
            error={messageAt("filter")}
          />
          <SamplingField
            value={choice.oneIn}
            change={(oneIn) => change({ oneIn })}
            error={messageAt("sampling")}
          />
        </fieldset>
        <fieldset>
          <legend>Its name and its end</legend>
          <InputField
            id="name"
            label="Name"
            help={
              isMatch && choice.match.hosts.length > 1
                ? `What the program calls the taps, of which each host has one: ${name || "name"}-${choice.match.hosts[0]}.`
                : "What the program calls the tap: letters, digits and dashes."
            }
            error={messageAt("name")}
            required
            value={name}
            change={(name) => change({ name })}
          />
          <EndsField value={choice.ends} change={(ends) => change({ ends })} error={messageAt("ends")} />
        </fieldset>
        <PreviewButton
          busy={edit.busy}
          help="Shows every rule that would change. Nothing is changed before you confirm it."
        />
      </form>
      {isMatch ? <MatchPanel choice={choice} /> : <NewTapPanel choice={choice} vm={vm} vnic={vnic} />}
    </div>
  );
}
