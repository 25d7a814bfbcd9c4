import { useState } from "preact/hooks";
import type { Edit } from "../api/edit";
import type { ConsoleError } from "../api/error";
import { go } from "./navigation";
import { post, type RequestError } from "./request";
import { pathOf } from "./route";

/** Previews an edit: nothing is changed, and the preview's screen opens. */
export interface Editing {
  busy: boolean;
  error: ConsoleError | undefined;
  preview: (edit: Edit) => void;
}

/** For the screens that change something. */
export function useEdit(): Editing {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ConsoleError>();
  const preview = (edit: Edit) => {
    setBusy(true);
    setError(undefined);
    post<{ id: string }>("/api/previews", edit).then(
      ({ id }) => go(pathOf("previews", id)),
      (failure: unknown) => {
        setBusy(false);
        setError((failure as RequestError).error);
      },
    );
  };
  return { busy, error, preview };
}
