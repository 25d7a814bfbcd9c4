"""One VM becomes the monitor of another VM on another host."""

import pulumi
import pulumi_taas as taas

config = pulumi.Config()

# This VM becomes the monitor: its port moves to br-tap, where nothing but copies arrives.
ids = taas.TapService(
    "ids",
    host=config.require("monitorHost"),
    port=config.require("monitorPort"),
)

# This VM is tapped in both directions, except for what goes to port 22. The mirror tunnel to the monitor's host exists
# while a flow uses it.
web = taas.TapFlow(
    "web",
    service=ids.ref,
    host=config.require("sourceHost"),
    port=config.require("sourcePort"),
    filter=[{"action": "reject", "protocol": "tcp", "destination_port": 22}],
    default_action="accept",
)

pulumi.export("tunnelId", ids.tunnel_id)
pulumi.export("rules", web.rules)
pulumi.export("status", web.status)
