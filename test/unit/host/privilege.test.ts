import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect } from "chai";
import { PROBE_ARGV, parseProbe, sudoArgv, sudoRefusal } from "../../../provider/host/privilege";

const failed = (stderr: string, exitCode = 1) => ({ stdout: "", stderr, exitCode });

describe("what sudo says", () => {
  for (const stderr of [
    "sudo: a password is required\n",
    "sudo: a terminal is required to read the password; either use the -S option\nsudo: a password is required\n",
    "sudo: sorry, you must have a tty to run sudo\n",
    "ops is not in the sudoers file.\nThis incident has been reported to the administrator.\n",
    "Sorry, user ops is not allowed to execute '/usr/bin/ovs-ofctl show br0' as root on compute-1.\n",
    "Sorry, user ops is not allowed to execute 'x' as root on c.\nsudo: unable to resolve host c: Name or service not known\n",
    "ops is not allowed to run sudo on compute-1.\n",
    "sudo: account validation failure, is your account locked?\n",
    "sudo: /usr/bin/sudo must be owned by uid 0 and have the setuid bit set\n",
    'sudo: The "no new privileges" flag is set, which prevents sudo from running as root.\n',
    "sudo: interactive authentication is required\n",
    "sudo: I'm sorry ops. I'm afraid I can't do that\n",
  ]) {
    it(`is a refusal: ${stderr.trim().split("\n")[0]}`, () =>
      expect(sudoRefusal(failed(stderr))).to.be.a("string"));
  }

  for (const [stderr, exitCode] of [
    ["ovs-ofctl: br-tap is not a bridge or a socket\n", 1],
    [
      "sudo: unable to resolve host compute-account-1: Name or service not known\novs-vsctl: no such port\n",
      1,
    ],
    ["sudo: a password is required\n", 0],
    ["sudo: ovs-ofctl: command not found\n", 1],
    ["sh: 1: taas-none: not found\n", 127],
    ["the file is not in the sudoers directory\n", 1],
  ] as const) {
    it(`is not a refusal: ${stderr.trim().split("\n").at(-1)} (exit code ${exitCode})`, () =>
      expect(sudoRefusal(failed(stderr, exitCode))).to.equal(undefined));
  }

  it("says that it is missing, in the words of several shells", () => {
    const missing = "sudo is not installed";
    expect(sudoRefusal(failed("env: 'sudo': No such file or directory\n", 127))).to.equal(missing);
    expect(sudoRefusal(failed("sh: 1: sudo: not found\n", 127))).to.equal(missing);
  });
});

describe("a command as root", () => {
  it("passes on another run directory, and nothing for the default one", () => {
    const usual = sudoArgv(["ovs-ofctl", "show"], "/var/run/openvswitch");
    expect(usual).to.deep.equal(["env", "LC_ALL=C", "sudo", "-n", "--", "ovs-ofctl", "show"]);
    expect(sudoArgv(["id"], "/run/lab")).to.include.members(["env", "OVS_RUNDIR=/run/lab", "id"]);
  });
});

describe("the probe of a host", () => {
  const peer = { name: "c1", where: "ops@c1:22" };

  it("is found among a login shell's output", () => {
    const stdout = "Welcome!\nno newline\ntaas-probe 1000 refused yes /run/openvswitch-lab\nbye\n";
    const rundir = "/run/openvswitch-lab";
    const expected = { uid: 1000, socket: "refused", installed: true, bootId: "", rundir };
    expect(parseProbe({ stdout, stderr: "", exitCode: 0 }, peer)).to.deep.equal(expected);
  });

  it("tells which boot of which machine it was on, where the kernel says that", () => {
    const bootId = "0f3c5e9a-7b1d-4c2e-8a6f-112233445566";
    const stdout = `\ntaas-probe 0 writable yes ${bootId} /run/openvswitch\n`;
    const probe = parseProbe({ stdout, stderr: "", exitCode: 0 }, peer);
    expect(probe).to.include({ bootId, rundir: "/run/openvswitch" });
    const [shell, ...args] = PROBE_ARGV;
    const here = parseProbe(
      { stdout: execFileSync(shell, args, { encoding: "utf8" }), stderr: "", exitCode: 0 },
      peer,
    );
    expect(here.bootId).to.equal(readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
  });

  for (const rundir of [
    `/x/\${PULUMI_ACCESS_TOKEN}`,
    "/x/%d",
    "/x:/y",
    "/run/open vswitch",
    "~/x",
    "run/openvswitch",
    "$(id)",
    "-x",
    "/",
  ]) {
    it(`is refused with a run directory that ssh or a shell would change: ${rundir}`, () => {
      const stdout = `\ntaas-probe 0 writable yes ${rundir}\n`;
      expect(() => parseProbe({ stdout, stderr: "", exitCode: 0 }, peer))
        .to.throw("run directory")
        .with.property("code", "no-ovs");
    });
  }

  it("is an error if there is none", () => {
    const result = { stdout: "This account is not available.\n", stderr: "", exitCode: 1 };
    expect(() => parseProbe(result, peer)).to.throw("host c1: ops@c1:22 does not run POSIX shell commands");
  });
});
