/** The keeper's files on a host: a folder that is entirely ours, and the unit. */
export const KEEPER_PLACES = {
  folder: "/var/lib/pulumi-taas",
  script: "/var/lib/pulumi-taas/taas-keeper",
  unit: "/etc/systemd/system/taas-keeper.service",
  service: "taas-keeper.service",
} as const;

/** The systemd unit. It is a root process that can do little more than access Open vSwitch's sockets. */
export const KEEPER_UNIT = `[Unit]
Description=Restores the taps of pulumi-taas after a restart of Open vSwitch or of a VM
After=openvswitch-switch.service openvswitch.service ovs-vswitchd.service

[Service]
ExecStart=/bin/sh ${KEEPER_PLACES.script} run
Restart=always
RestartSec=2
KillMode=control-group
UMask=0077
CapabilityBoundingSet=CAP_DAC_OVERRIDE
NoNewPrivileges=yes
PrivateTmp=yes
ProtectHome=yes
ProtectSystem=strict
ReadWritePaths=${KEEPER_PLACES.folder}
RestrictAddressFamilies=AF_UNIX
MemoryMax=128M
TasksMax=64

[Install]
WantedBy=multi-user.target
`;
