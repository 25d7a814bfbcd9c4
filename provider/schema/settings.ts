import * as z from "zod";

/** Seconds in a week: more than an operation may need, and far from what timers of Node.js cannot count (2^31 milliseconds). */
export const LARGEST_LIMIT = 7 * 24 * 3600;

const limit = (byDefault: number) => z.number().gt(0).max(LARGEST_LIMIT).default(byDefault);

/** The stack's configuration, namespace `taas`; what `hosts` may have is for the inventory to say. */
export const settingOptions = {
  hosts: z.record(z.string(), z.unknown()).optional().meta({
    description:
      "The inventory: hosts by the names that resources have for them, each an address, the name of another entry, or an object with address, port, user, identityFile, tunnelIp and so on.",
  }),
  sshConfig: z.string().optional().meta({
    description:
      "An ssh_config file instead of the user's own. The environment variable TAAS_SSH_CONFIG does the same.",
  }),
  connectTimeout: limit(15).meta({ description: "Seconds until a connection to a host must stand." }),
  operationTimeout: limit(60).meta({ description: "Seconds that a single step on a host may take." }),
  hostConcurrency: limit(10).meta({ description: "How many hosts are connected to at the same time." }),
};

/** The arguments of the plugin's provider: the stack's configuration, and what a plugin is not told of the stack. */
export const providerOptions = {
  ...settingOptions,
  organization: z.string().min(1).default("organization").meta({
    description:
      "The organization of the stack, a part of the keys that claims have on hosts. The default is what it is called where the state is not kept by Pulumi Cloud.",
  }),
};
