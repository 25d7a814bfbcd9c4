import { TaasError } from "./errors";
import { type FunctionName, type FunctionValues, functionArgs } from "./schema/functions";
import { withoutNulls } from "./schema/nulls";
import { validate } from "./schema/validate";

/**
 * The arguments of a function in their canonical form. Throws with all that is wrong with them: `invalid-host` if that
 * concerns the hosts, else `invalid-config`.
 */
export function functionArguments<Name extends FunctionName>(name: Name, args: object): FunctionValues<Name> {
  const { values, failures } = validate(functionArgs[name], withoutNulls({ ...args }));
  if (failures.length === 0) return values as FunctionValues<Name>;
  const reasons = failures.map(({ property, reason }) => `${property}: ${reason}`);
  const concernsHosts = failures.some(({ property }) => property === "hosts");
  throw new TaasError(reasons.join("; "), { code: concernsHosts ? "invalid-host" : "invalid-config" });
}
