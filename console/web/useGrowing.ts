import { useEffect, useState } from "preact/hooks";

/** The rows that are drawn at once: those that fit on a screen. */
const FIRST = 16;
/** The rows that are shown initially, and that each *Show more* adds. */
const PAGE = 100;

/**
 * How many of `total` rows to draw: a screenful at first and more with each frame, so that a search answers before rows
 * outside the screen are drawn. Starts again when `key` changes.
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
