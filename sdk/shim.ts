/**
 * The code that Pulumi records with every resource, as `__provider`, and runs to refresh and delete it for as long as the
 * stack lives: one forward by name to the installed package. It is written out here instead of being serialized from
 * functions, by which it is the same whatever compiles the program, takes no time to make, and never grows.
 * `__provider` and `handler` are what Pulumi's dynamic provider looks for (sdk/nodejs/cmd/dynamic-provider).
 */
export function providerCode(kind: string): string {
  return `exports.handler = () => require("pulumi-taas/handlers").${kind};`;
}
