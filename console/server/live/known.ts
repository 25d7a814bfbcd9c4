import type { Declared } from "../program/declared";
import type { ProgramResource } from "../program/program";
import type { Ends } from "./ends";
import type { HostView } from "./hostWatch";
import type { Judged } from "./state";

/** What the console knows, from which it makes rows. */
export interface Known {
  ends: Ends;
  views: readonly HostView[];
  /** The program's resources, as it was when it could be read last; undefined until then. */
  program: readonly ProgramResource[] | undefined;
  /** The stack that the program is deployed as, as in owner keys; undefined for a read-only console. */
  stack: string | undefined;
}

/** What is said of something that the stack has on hosts and the program does not have. */
const NOT_IN_PROGRAM = "it is no longer in the program, so the next run deletes it";

/** Whether a tap or service is in the program; if only its stack has it, the reason of its state says so. */
export function ownership<Row extends Judged & { owner: string; stack: string }>(
  row: Row,
  declared: Declared,
  { program, stack }: Known,
): Row & { own: boolean } {
  const own = declared.of(row.owner) !== undefined;
  if (program === undefined || !declared.lacks(row, stack)) return { ...row, own };
  const reason = row.reason === undefined ? NOT_IN_PROGRAM : `${row.reason}; ${NOT_IN_PROGRAM}`;
  return { ...row, own, reason };
}
