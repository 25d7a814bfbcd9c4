"""Lets the Open vSwitch driver of the Debian package python3-neutron-taas make tap flows on the host this runs on, as its agent would.

Reads one JSON object from standard input: `monitor` (the iface-id of a port), `sources` (iface-id and MAC address of each port to
tap) and `id` (the VLAN that stands for the service). Writes one JSON object: `seconds`, what the service and all its flows took
once the driver had made its bridges.
"""

import json
import sys
import time

from neutron.agent.common import ovs_lib
from neutron.conf.agent import common as agent_conf
from neutron.conf.agent import ovs_conf
from neutron.conf.plugins.ml2.drivers import ovs_conf as ml2_conf
from oslo_config import cfg


class Bridges:
    """What the agent lends its extensions."""

    def request_int_br(self):
        return ovs_lib.OVSBridge("br-int")

    def request_tun_br(self):
        return ovs_lib.OVSBridge("br-tun")


def main():
    agent_conf.register_root_helper(cfg.CONF)
    for register in (ml2_conf.register_ovs_agent_opts, ovs_conf.register_ovs_agent_opts):
        register()
    cfg.CONF([], project="neutron", default_config_files=[])
    cfg.CONF.set_override("root_helper", "", group="AGENT")
    cfg.CONF.set_override("ovsdb_connection", "unix:/var/run/openvswitch/db.sock", group="OVS")
    from neutron_taas.services.taas.drivers.linux import ovs_taas

    # This release always makes its bridge for the kernel's datapath; later ones take that of the other bridges.
    ovs_taas.OVSBridge_tap_extension = lambda name, _: ovs_lib.OVSBridge(name, datapath_type="netdev")

    wanted = json.load(sys.stdin)
    driver = ovs_taas.OvsTaasDriver()
    driver.consume_api(Bridges())
    driver.initialize()
    began = time.monotonic()
    monitor = {"id": wanted["monitor"], "binding:vif_details": {}}
    driver.create_tap_service({"tap_service": {}, "taas_id": wanted["id"], "port": monitor})
    for source in wanted["sources"]:
        driver.create_tap_flow(
            {
                "tap_flow": {"direction": "BOTH"},
                "taas_id": wanted["id"],
                "port": {"id": source["id"]},
                "port_mac": source["mac"],
                "tap_service_port": monitor,
            }
        )
    print(json.dumps({"seconds": time.monotonic() - began}))


main()
