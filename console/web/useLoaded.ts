import { useEffect, useState } from "preact/hooks";
import type { ConsoleError } from "../api/error";
import { get, type RequestError } from "./request";

/** The result of a `GET`. The last value is kept while it is read again. */
export interface Loaded<Value> {
  value: Value | undefined;
  error: ConsoleError | undefined;
  status: number;
  again: () => void;
}

/** Reads a path, and again when it or `version` changes. Undefined: there is nothing to read yet. */
export function useLoaded<Value>(path: string | undefined, version: unknown = 0): Loaded<Value> {
  const [answer, setAnswer] = useState<{
    path?: string;
    value?: Value;
    error?: ConsoleError;
    status: number;
  }>({
    status: 0,
  });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (path === undefined) return;
    let current = true;
    get<Value>(path).then(
      (value) => current && setAnswer({ path, value, status: 200 }),
      (error: unknown) => {
        if (!current) return;
        const { status, error: said } = error as RequestError;
        setAnswer((before) => ({ ...(before.path === path ? before : { path }), error: said, status }));
      },
    );
    return () => {
      current = false;
    };
  }, [path, version, turn]);
  const fits = answer.path === path;
  return {
    value: fits ? answer.value : undefined,
    error: fits ? answer.error : undefined,
    status: fits ? answer.status : 0,
    again: () => setTurn((before) => before + 1),
  };
}
