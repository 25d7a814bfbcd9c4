import { useState } from "preact/hooks";
import { useSession } from "../liveContext";
import { monitorOf, NO_MONITOR } from "../monitorChoice";
import { Link } from "../navigation";
import { MonitorFields } from "../parts/monitorFields";
import { ErrorNotice, Notice } from "../parts/notice";
import { useEdit } from "../useEdit";
import { useVms } from "../useVms";

/** A new monitor, without a tap yet. */
export function NewServiceScreen() {
  const session = useSession();
  const { vms } = useVms();
  const edit = useEdit();
  const [choice, setChoice] = useState(NO_MONITOR);
  const atField = edit.error?.field === "monitor" ? edit.error.message : undefined;
  return (
    <>
      <p class="crumb">
        <Link to="/services">Back to the list</Link>
      </p>
      <h1 tabIndex={-1}>New service</h1>
      {session?.readOnly !== undefined ? (
        <Notice tone="off" title={`Read-only: ${session.readOnly}.`} />
      ) : (
        <form
          class="form"
          onSubmit={(event) => {
            event.preventDefault();
            const monitor = monitorOf(choice, vms);
            if (monitor !== undefined) edit.preview({ kind: "createService", name: choice.name, ...monitor });
          }}
        >
          {edit.error !== undefined && atField === undefined && <ErrorNotice error={edit.error} />}
          <MonitorFields label="Name" choice={choice} change={setChoice} vms={vms} error={atField} />
          <p class="actions">
            <button type="submit" class="primary" disabled={edit.busy}>
              Preview
            </button>
            <span class="help">Shows what would change. Nothing is changed before you confirm it.</span>
          </p>
        </form>
      )}
    </>
  );
}
