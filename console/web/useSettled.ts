import { useEffect, useState } from "preact/hooks";

/** Milliseconds that somebody who types pauses for. */
const PAUSE = 250;

/** A value once it has not changed for a moment, so that what is typed is not asked about letter by letter. */
export function useSettled<Value>(value: Value): Value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), PAUSE);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
