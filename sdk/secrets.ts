import { type Inputs, isSecret, type Output, output, secret } from "@pulumi/pulumi";
import { UNTOLD } from "../provider/face/computed";

/**
 * What stands for a computed property among the arguments: nothing; but a secret nothing where some argument is a secret.
 * The engine keeps an output secret whose argument of the same name is, and what is computed from a secret (rules from a
 * filter, say) would tell it. Nothing is computed from a description.
 */
export function computedFrom(args: Inputs): Output<null | undefined> {
  const { [UNTOLD]: _, ...telling } = args;
  const hidden = isSecret(output(telling));
  return output(hidden).apply((is) => (is ? secret(null) : undefined)) as Output<null | undefined>;
}
