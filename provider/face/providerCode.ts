/**
 * The code that Pulumi records with every resource as `__provider`, and runs to refresh and delete the resource while
 * the stack exists. It forwards by name to the installed package, and explains what to do if Pulumi finds none. It is
 * written out here instead of serialized from functions, so that it is the same whatever compiles the program, costs no
 * time, and never grows. Pulumi's dynamic provider looks for `__provider` and `handler`
 * (sdk/nodejs/cmd/dynamic-provider).
 */
export function providerCode(kind: string): string {
  return `exports.handler = () => {
  try {
    return require("pulumi-taas/handlers").${kind};
  } catch (error) {
    if (!String(error.message).startsWith("Cannot find module 'pulumi-taas/handlers'")) throw error;
    const message = "Pulumi finds no package pulumi-taas from " + process.cwd() + ", where it runs the resources of this program. " +
      "Make pulumi-taas a dependency of the program itself (in that folder: npm install pulumi-taas, or pnpm add pulumi-taas), also where a package that the program uses depends on it";
    throw Object.assign(new Error(message), { stack: message });
  }
};`;
}
