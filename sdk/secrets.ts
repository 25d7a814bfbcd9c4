import { type Input, type Inputs, isSecret, type Output, output, secret, unknown } from "@pulumi/pulumi";
import { tellsSecret } from "../provider/face/computed";

/** The names of the arguments that are secret or contain a secret. */
export async function secretNames(args: Inputs): Promise<readonly string[]> {
  if (!(await isSecret(output(args)))) return [];
  const entries = Object.entries(args).map(async ([name, value]) =>
    (await isSecret(output(value))) ? [name] : [],
  );
  return (await Promise.all(entries)).flat();
}

/**
 * The placeholder for a computed property among the arguments: an empty value, and a secret one if any argument is
 * secret. The engine keeps an output secret if the argument of the same name is secret, and what is computed from a
 * secret (rules from a filter, say) would reveal it. Nothing is computed from a description.
 */
export function computedFrom(secrets: Promise<readonly string[]>): Output<null | undefined> {
  return output(secrets).apply((names) => (tellsSecret(names) ? secret(null) : undefined)) as Output<
    null | undefined
  >;
}

/**
 * A computed property as a preview knows it. The engine cannot ask a dynamic provider for a preview, and returns the
 * inputs as outputs. Among them is the empty value of `computedFrom` for whatever only an operation finds out.
 */
export function knownUnlessEmpty(computed: Output<unknown>): Output<unknown> {
  return computed.apply((value) => value ?? unknown);
}

/**
 * An argument that follows from others where it is not given: what is given, else nothing, and a secret nothing where one of the
 * others is a secret.
 */
export function followingFrom(
  given: Input<string | number | undefined>,
  from: readonly string[],
  secrets: Promise<readonly string[]>,
): Output<string | number | undefined> {
  return output(secrets).apply((names) => {
    const isHidden = [...names].some((name) => from.includes(name));
    return output(given).apply((value) => value ?? (isHidden ? secret(null) : undefined));
  }) as Output<string | number | undefined>;
}
