import { expect } from "chai";
import { Command } from "commander";
import { endpointOf, metrics } from "../../../../cli/metrics/metrics";
import { UsageError } from "../../../../cli/usageError";

/** The endpoint that a command line of `metrics` asks for. */
function endpointFor(...words: string[]) {
  const command = new Command();
  metrics.configure?.(command);
  return endpointOf(command.parse(words, { from: "user" }).opts());
}

describe("the endpoint of metrics", () => {
  it("is on this machine only, and has no other name, unless the command line says so", () => {
    expect(endpointFor()).to.deep.equal({ host: "127.0.0.1", port: 9843, names: [] });
    const names = ["node1.example.org", "metrics.example.org."];
    expect(endpointFor("--listen", "[::]:80", ...names.flatMap((name) => ["--name", name]))).to.deep.equal({
      host: "::",
      port: 80,
      names,
    });
  });

  for (const name of ["", "node1:9843", "https://node1.example.org", "node1/metrics", "two names"])
    it(`refuses the name ${JSON.stringify(name)}`, () => {
      expect(() => endpointFor("--name", name)).to.throw(
        UsageError,
        "--name must be a host name without a port",
      );
    });
});
