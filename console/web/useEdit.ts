import { useState } from "preact/hooks";
import type { Edit } from "../api/edit";
import type { ConsoleError } from "../api/error";
import { keepDraft } from "./draft";
import { go } from "./navigation";
import { post, type RequestError } from "./request";
import { pathOf } from "./route";

/** Previews an edit: nothing is changed, and the preview's screen opens. */
export interface Editing {
  busy: boolean;
  error: ConsoleError | undefined;
  /** `fields`: what is filled in, which *Back* leads to. */
  preview: (edit: Edit, fields?: unknown) => void;
}

/** For the screens that change something. */
export function useEdit(): Editing {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ConsoleError>();
  const preview = (edit: Edit, fields?: unknown) => {
    setBusy(true);
    setError(undefined);
    const { pathname } = location;
    post<{ id: string }>("/api/previews", edit).then(
      ({ id }) => {
        if (fields !== undefined) keepDraft(pathname, { preview: id, fields });
        go(pathOf("previews", id));
      },
      (failure: unknown) => {
        setBusy(false);
        setError((failure as RequestError).error);
      },
    );
  };
  return { busy, error, preview };
}
