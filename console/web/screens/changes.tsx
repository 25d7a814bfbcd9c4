import { useLive, useSession } from "../liveContext";
import { Head } from "../parts/head";
import { Empty, ErrorNotice } from "../parts/notice";
import { useEdit } from "../useEdit";
import { ChangeList } from "./changeList";

/** Who changed what and when, and the outcome. */
export function ChangesScreen() {
  const { changes, started } = useLive();
  const session = useSession();
  const edit = useEdit();
  return (
    <>
      <Head title="Changes">
        {session?.project !== undefined && session.readOnly === undefined && (
          <button
            type="button"
            disabled={edit.busy}
            title="Previews what would bring every host to what the program says: what was saved only, and what has drifted."
            onClick={() => edit.preview({ kind: "apply" })}
          >
            Preview the program
          </button>
        )}
      </Head>
      {edit.error !== undefined && <ErrorNotice error={edit.error} />}
      {started && changes.length === 0 ? (
        <Empty title="Nothing has been changed here">
          <p>Each tap that is created or deleted in this console is listed here, with who confirmed it.</p>
        </Empty>
      ) : (
        <ChangeList changes={changes} loading={!started} empty="" />
      )}
    </>
  );
}
