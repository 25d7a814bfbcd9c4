import { useEffect, useState } from "preact/hooks";

/** Rows that are drawn at once: what fits a screen. */
const FIRST = 16;
/** Rows that are shown without being asked for, and by each *Show more*. */
const PAGE = 100;

/**
 * How many of `total` rows to draw: a screenful at once and more with each picture, so that a search answers before the rows that
 * nobody sees yet are made. Begins anew when `key` changes.
 */
export function useGrowing(
  key: string,
  total: number,
): { shown: number; more: number; showMore: () => void } {
  const [state, setState] = useState({ key, shown: FIRST, limit: PAGE });
  const { shown, limit } = state.key === key ? state : { shown: FIRST, limit: PAGE };
  const wanted = Math.min(limit, total);
  useEffect(() => {
    if (shown >= wanted) return;
    let timer: ReturnType<typeof setTimeout>;
    const frame = requestAnimationFrame(() => {
      timer = setTimeout(() => setState({ key, shown: Math.min(shown + FIRST, wanted), limit }));
    });
    return () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
    };
  }, [key, shown, wanted, limit]);
  return {
    shown,
    more: Math.min(PAGE, total - limit),
    showMore: () => setState({ key, shown, limit: limit + PAGE }),
  };
}
