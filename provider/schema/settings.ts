import * as z from "zod";
import { NO_ORGANIZATION } from "../face/owner";

/**
 * Seconds in a week: longer than any operation needs, and well below the limit of Node.js timers (2^31 milliseconds).
 */
export const LARGEST_LIMIT = 7 * 24 * 3600;

const limit = (byDefault: number) => z.number().gt(0).max(LARGEST_LIMIT).default(byDefault);

/** The stack's configuration, namespace `taas`; the inventory itself defines what `hosts` may contain. */
export const settingOptions = {
  hosts: z.record(z.string(), z.unknown()).optional().meta({
    description:
      "The inventory: hosts by the names that resources use for them. Each is an address, the name of another entry, or an object with address, port, user, identityFile, tunnelIp and so on.",
  }),
  sshConfig: z.string().optional().meta({
    description:
      "An ssh_config file to use instead of the user's own. The environment variable TAAS_SSH_CONFIG does the same.",
  }),
  connectTimeout: limit(15).meta({
    description: "Seconds within which a connection to a host must be established.",
  }),
  operationTimeout: limit(60).meta({ description: "Seconds that a single step on a host may take." }),
  hostConcurrency: limit(10).meta({ description: "How many hosts are connected to at the same time." }),
};

/**
 * The arguments of the plugin's provider: the stack's configuration, and what the engine does not tell a plugin about
 * the stack.
 */
export const providerOptions = {
  ...settingOptions,
  organization: z.string().min(1).default(NO_ORGANIZATION).meta({
    description:
      "The organization of the stack, which is part of the keys of claims on hosts. The default is the name that every backend other than Pulumi Cloud uses.",
  }),
};
