import { type StateUpdater, useState } from "preact/hooks";

/** The fields of a form as they were when they were previewed, in the history of the browser's tab. */
interface Draft {
  /** The preview's id. */
  preview: string;
  fields: unknown;
}

/** The key under which the tab's session stores that a preview has been decided upon: its form starts empty again, also after a reload. */
const decided = (preview: string) => `decided ${preview}`;

/**
 * Keeps what is filled in, for whoever comes back from a preview that was not decided upon. `path`: the form's, without whose screen nothing
 * is kept, because another form has other fields.
 */
export function keepDraft(path: string, draft: Draft): void {
  if (location.pathname === path) history.replaceState(draft, "");
}

/** Forgets what was filled in for a preview. */
export function forgetDraft(preview: string): void {
  sessionStorage.setItem(decided(preview), "");
}

/** The state of a form's fields: as they were left, or empty. */
export function useDraft<Fields>(empty: Fields): [Fields, (change: StateUpdater<Fields>) => void] {
  return useState(() => {
    const draft = history.state as Draft | null;
    const isOver = draft === null || sessionStorage.getItem(decided(draft.preview)) !== null;
    return isOver ? empty : (draft.fields as Fields);
  });
}
