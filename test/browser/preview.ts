import type { Change, Preview } from "../../console/api/changes";
import { change, STACK, tapRow } from "./rows";
import { rulesOf } from "./tap";

/** A preview of a new tap that is ready to be confirmed. */
export const PREVIEW: Preview = {
  id: "p1",
  state: "ready",
  edit: {
    kind: "createTap",
    name: "web-2",
    service: { id: `${STACK}/TapService/ids` },
    host: "compute1",
    port: { vmUuid: "3f1c0f7e-5a49-4d0f-9f0c-0a6f5f0b7c11", vnic: 1 },
    direction: "ingress",
    filter: "tcp port 443",
  },
  by: "ada",
  summary: "1 to create, 8 unchanged",
  steps: [
    {
      op: "create",
      type: "TapFlow",
      name: "web-2",
      rules: rulesOf(
        tapRow({ name: "web-2", port: "tap-web-1", direction: "ingress", filter: "tcp port 443" }),
      ).map((text) => ({ sign: "+", text })),
      changes: [],
    },
  ],
  hiddenSteps: 0,
  programDiff:
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Pulumi's own
    "--- Pulumi.yaml\n+++ Pulumi.yaml\n@@ -20,2 +20,12 @@\n       port: tap-ids\n+  web-2:\n+    type: taas:TapFlow\n+    properties:\n+      service: ${ids.ref}\n+      host: compute1\n+      port:\n+        vmUuid: 3f1c0f7e-5a49-4d0f-9f0c-0a6f5f0b7c11\n+        vnic: 1\n+      direction: ingress\n+      filter: tcp port 443\n outputs:\n",
  pulumiDiff:
    '+ taas:index:TapFlow: (create)\n    [urn=urn:pulumi:prod::taps::taas:index:TapFlow::web-2]\n    direction: "ingress"\n',
  warnings: [],
  fingerprint: "f1",
  needsApproval: false,
};

export function changeOf(part: Partial<Change> & { id: string }): Change {
  return {
    ...change(part),
    steps: PREVIEW.steps.map((step) => ({ ...step, done: true })),
    log: ["Updating (prod)", "+ taas:index:TapFlow web-2 created (0.8s)"],
    programDiff: PREVIEW.programDiff,
    mayApprove: false,
    ...part,
  };
}
