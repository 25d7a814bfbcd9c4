import { readFileSync } from "node:fs";
import { parse } from "yaml";
import * as z from "zod";
import { TaasError } from "../../../provider/errors";
import { placedReasons, wording } from "../../../provider/schema/reasons";
import { portSelector } from "../../../provider/schema/selector";

const user = z.discriminatedUnion("role", [
  z.strictObject({ role: z.literal("admin") }),
  z.strictObject({ role: z.literal("viewer") }),
  z.strictObject({ role: z.literal("tenant"), tenant: z.string().min(1) }),
]);

const usersFile = z.strictObject({
  /** A tenant's change waits for another person's confirm. */
  approval: z.boolean().default(false),
  users: z.record(z.string().min(1), user),
  /** By tenant: ports that it may tap, and have as monitors. One selector of the list must match; without any, it may tap none. */
  ports: z.record(z.string(), z.array(portSelector)).default({}),
});

/** Who may do what. */
export type Users = z.output<typeof usersFile>;

/** Reads the file of users, in YAML or JSON. Errors: `invalid-config`. */
export function readUsers(file: string): Users {
  const parsed = usersFile.safeParse(contentOf(file), { error: wording });
  if (parsed.success) return parsed.data;
  const reasons = placedReasons(parsed.error, "users").map(({ text }) => text);
  throw new TaasError(`the file ${file} with the users: ${reasons.join("; ")}`, {
    code: "invalid-config",
    hint: "Each user has a role: admin, viewer, or tenant with tenant: NAME",
  });
}

function contentOf(file: string): unknown {
  try {
    return parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new TaasError(`the file ${file} with the users cannot be read: ${(cause as Error).message}`, {
      code: "invalid-config",
      cause,
    });
  }
}
