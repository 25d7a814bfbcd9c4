import { type StateUpdater, useState } from "preact/hooks";

/** The fields of a form as they were when they were previewed, in the history of the browser's tab. */
interface Draft {
  /** The preview's id. */
  preview: string;
  fields: unknown;
}

/** Previews that have been decided upon: their forms start empty again. */
const decided = new Set<string>();

/** Keeps what is filled in, for whoever comes back from a preview that was not decided upon. */
export function keepDraft(draft: Draft): void {
  history.replaceState(draft, "");
}

/** Forgets what was filled in for a preview. */
export function forgetDraft(preview: string): void {
  decided.add(preview);
}

/** The state of a form's fields: as they were left, or empty. */
export function useDraft<Fields>(empty: Fields): [Fields, (change: StateUpdater<Fields>) => void] {
  return useState(() => {
    const draft = history.state as Draft | null;
    return draft === null || decided.has(draft.preview) ? empty : (draft.fields as Fields);
  });
}
