import { resolve } from "node:path";
import { expect } from "chai";
import { programText } from "../../../cli/capture/install";

/** The words that the installed program passes on, and the lines before its command. */
function programOf(options: object, sshConfig?: string) {
  const lines = programText({ host: [], stack: [], ...options }, sshConfig)
    .trimEnd()
    .split("\n");
  const words = [...lines.at(-1)!.matchAll(/'([^']*)'/g)].map(([, word]) => word!);
  return { words: words.slice(words.indexOf("extcap") + 1), before: lines.slice(1, -1) };
}

describe("the program for Wireshark", () => {
  it("has the hosts and options of its command line, in whatever folder it is run", () => {
    const options = {
      hosts: "hosts.json",
      host: ["a", "b"],
      identityFile: "~/.ssh/tap",
      rate: "5",
      snap: "64",
    };
    expect(programOf(options)).to.deep.equal({
      words: [
        ...["--hosts", resolve("hosts.json"), "--host", "a", "--host", "b", "--identity-file", "~/.ssh/tap"],
        ...["--rate", "5", "--snap", "64"],
      ],
      before: [],
    });
  });

  it("has the folder of a stack's project, also where only the stack was given", () => {
    const words = ["--project", resolve("."), "--stack", "prod"];
    expect(programOf({ stack: ["prod"] }).words).to.deep.equal(words);
    expect(programOf({ stack: ["prod"], project: "." }).words).to.deep.equal(words);
    expect(programOf({ stack: ["prod"], project: "taps" }).words[1]).to.equal(resolve("taps"));
  });

  it("keeps the ssh_config of the environment, which a stack's configuration overrides", () => {
    const set = (path: string) => [`TAAS_SSH_CONFIG='${path}'`, "export TAAS_SSH_CONFIG"];
    expect(programOf({ host: ["a"] }, "config").before).to.deep.equal(set(resolve("config")));
    expect(programOf({ stack: ["prod"] }, "config").before).to.deep.equal(set("config"));
    expect(programOf({ host: ["a"] }).before).to.deep.equal([]);
  });
});
