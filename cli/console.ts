import { join } from "node:path";
import type { CommandSpec } from "./command";
import { UsageError } from "./usageError";
import { packageFolder } from "./version";

/** The command's own options. */
interface ConsoleOptions {
  port: string;
  users?: string;
  userHeader?: string;
  publicUrl?: string;
  organization?: string;
}

/** `console`: serves a page that shows live what is tapped, and changes a stack's program. */
export const console: CommandSpec<ConsoleOptions> = {
  name: "console",
  summary: "show taps in a browser, and create and delete them with Pulumi",
  description:
    "Serves a page on this machine's loopback interface and prints its link, which works once. It shows the taps of all stacks on the hosts. With --project and --stack it creates and deletes taps in that YAML program: by a preview, your confirmation, and pulumi up.",
  examples: ["console --project taps --stack prod", "console --hosts hosts.json"],
  configure(command) {
    command
      .option("--port <number>", "port on 127.0.0.1; 0: a free one", "0")
      .option("--users <file>", "who may do what, behind a proxy that authenticates people")
      .option("--user-header <name>", "with --users: header in which the proxy names the user")
      .option("--public-url <url>", "with --users: URL at which people reach the proxy")
      .option("--organization <name>", "organization in the owner keys of the stack (default: organization)");
  },
  check({ port, users, userHeader, publicUrl }) {
    const number = Number(port);
    if (!Number.isInteger(number) || number < 0 || number > 65_535)
      throw new UsageError("--port must be a port number");
    if ((users === undefined) !== (userHeader === undefined))
      throw new UsageError("--users and --user-header need each other");
    if (publicUrl === undefined) return;
    if (users === undefined) throw new UsageError("--public-url needs --users");
    if (!/^https?:\/\/[^/]+\/?$/.test(publicUrl))
      throw new UsageError("--public-url must be a URL without a path, such as https://taps.example");
  },
  // A program is changed without its hosts, too.
  hostNeed: "optional",
  lifetime: "service",
  async run({ context, hosts, gone, options, output, signal }) {
    const { project, stack, users, userHeader, publicUrl, organization, port } = options;
    const { startConsole } = await import("../console/server/start.js");
    const served = await startConsole({
      ...{ context, hosts, gone, organization, userHeader, usersFile: users, port: Number(port) },
      folder: project ?? (stack.length > 0 ? "." : undefined),
      stack: stack[0],
      publicUrl: publicUrl === undefined ? undefined : new URL(publicUrl),
      pageFolder: join(packageFolder(), "dist/console"),
    });
    output.line(served.url);
    await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    await served.close();
    return 0;
  },
};
