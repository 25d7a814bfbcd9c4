import type { LabHost } from "../../lab/host";

/** Sets what `date` says on a host, for SSH and its keeper, so many seconds ahead of the machine's clock; 0: as it is. */
export async function setAhead(host: LabHost, seconds: number): Promise<void> {
  await host.ovs(`
date=$(readlink -f "$(command -v date)")
if [ ! -e /run/date ]; then
  cp "$date" /run/date
  printf '#!/bin/sh\\nexec /run/date -d "$(cat /run/ahead) seconds" "$@"\\n' > /run/shifted
  chmod 755 /run/date /run/shifted
  echo 0 > /run/ahead
  mount --bind /run/shifted "$date"
fi
echo ${Math.round(seconds)} > /run/ahead`);
}
