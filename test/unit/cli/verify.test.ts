import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import type { Work } from "../../../cli/command";
import { Output } from "../../../cli/output";
import { verify } from "../../../cli/verify";
import { TaasError } from "../../../provider/errors";
import { commonOptions } from "./commandLine";

describe("pulumi-taas verify", () => {
  it("says in JSON which host could not be read, and why", async () => {
    const error = new TaasError("cannot reach it", { code: "unreachable", host: "compute1" });
    const open = () => ({ look: () => Promise.reject(error) });
    const stdout = new PassThrough();
    const stderr = new PassThrough() as unknown as NodeJS.WriteStream;
    const output = new Output("json", { stdout, stderr });
    const work = {
      context: { open },
      hosts: [{ name: "compute1", address: "192.0.2.1" }],
      options: commonOptions("--json"),
      output,
    } as unknown as Work;
    expect(await verify.run(work)).to.equal(2);
    output.finish();
    stdout.end();
    expect(JSON.parse(await text(stdout))).to.deep.equal({
      taps: [],
      errors: [{ message: "host compute1: cannot reach it", code: "unreachable", host: "compute1" }],
    });
  });
});
