import type { Users } from "../../console/server/roles/users";

/** An admin, one user each of the tenants blue and red, and one who only looks. */
export const PEOPLE: Users["users"] = {
  ada: { role: "admin" },
  tim: { role: "tenant", tenant: "blue" },
  rita: { role: "tenant", tenant: "red" },
  vera: { role: "viewer" },
};
