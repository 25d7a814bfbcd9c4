import { useDraft } from "../draft";
import { monitorOf, NO_MONITOR } from "../monitorChoice";
import { FormScreen, PreviewButton } from "../parts/formScreen";
import { MonitorFields } from "../parts/monitorFields";
import { ErrorNotice } from "../parts/notice";
import { useEdit } from "../useEdit";
import { useVms } from "../useVms";

/** A new monitor, without a tap yet. */
export function NewServiceScreen() {
  return (
    <FormScreen title="New service" list="/services">
      <Form />
    </FormScreen>
  );
}

function Form() {
  const { vms } = useVms();
  const edit = useEdit();
  const [choice, setChoice] = useDraft(NO_MONITOR);
  const atField = edit.error?.field === "monitor" ? edit.error.message : undefined;
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        const monitor = monitorOf(choice, vms);
        if (monitor !== undefined)
          edit.preview({ kind: "createService", name: choice.name, ...monitor }, choice);
      }}
    >
      {edit.error !== undefined && atField === undefined && <ErrorNotice error={edit.error} />}
      <MonitorFields label="Name" choice={choice} change={setChoice} vms={vms} error={atField} />
      <PreviewButton
        busy={edit.busy}
        help="Shows what would change. Nothing is changed before you confirm it."
      />
    </form>
  );
}
