import type { HostSession } from "../host/session";

/** The tools for which scripts need rights; an error names the one that may not be used. */
const TOOLS = ["ovs-vsctl", "ovs-ofctl"];

/**
 * Checks the rights that a push needs: access to the bridges' sockets if it uses them directly, else permission to run
 * the tool with sudo.
 */
const ASK = `
[ -n "$TAAS_SUDO" ] || for socket in "\${OVS_RUNDIR:-/var/run/openvswitch}"/*.mgmt; do
  [ -w "$socket" ] || [ ! -e "$socket" ] || { echo "$socket: Permission denied" >&2; exit 1; }
done
exec $TAAS_SUDO "$1" --version
`;

/** Rejects with `no-rights` if the login user may not change Open vSwitch. Root is not checked. */
export async function requireRights(session: HostSession): Promise<void> {
  const { uid } = await session.probe();
  if (uid === 0) return;
  for (const tool of TOOLS) await session.run({ text: ASK, name: tool, words: [tool] });
}
