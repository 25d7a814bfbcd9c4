import type { dynamic } from "@pulumi/pulumi";

/**
 * The provider object that Pulumi serializes into every resource's state. It must stay this small and this way: nothing
 * but forwards by name to the installed package, in syntax any TypeScript since 3.8 reads.
 */
export function shim(kind: string): dynamic.ResourceProvider {
  return {
    async configure(request: dynamic.ConfigureRequest) {
      require("pulumi-taas/handlers").configure((key: string) => request.config.get(key));
    },
    async check(olds: unknown, news: unknown) {
      return require("pulumi-taas/handlers").check(kind, olds, news);
    },
    async diff(id: string, olds: unknown, news: unknown) {
      return require("pulumi-taas/handlers").diff(kind, id, olds, news);
    },
    async create(inputs: unknown) {
      return require("pulumi-taas/handlers").create(kind, inputs);
    },
    async read(id: string, state: unknown) {
      return require("pulumi-taas/handlers").read(kind, id, state);
    },
    async update(id: string, olds: unknown, news: unknown) {
      return require("pulumi-taas/handlers").update(kind, id, olds, news);
    },
    async delete(id: string, state: unknown) {
      return require("pulumi-taas/handlers").remove(kind, id, state);
    },
  };
}
