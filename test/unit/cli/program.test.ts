import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect } from "chai";
import { Output } from "../../../cli/output";
import { program, TextPrinted } from "../../../cli/program";
import { UsageError } from "../../../cli/usageError";
import { TaasError } from "../../../provider/errors";

async function refusalOf(...words: string[]): Promise<UsageError> {
  const run = { output: new Output("text"), signal: new AbortController().signal, ended: () => {} };
  try {
    await program("1.2.3", run).parseAsync(words, { from: "user" });
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("an invalid command line", () => {
  for (const [words, message, usage] of [
    [
      "",
      "name a command: claims",
      /^Usage: pulumi-taas <command> \[options\]; more with pulumi-taas --help$/,
    ],
    ["claims", "name a command: list, remove", /^Usage: pulumi-taas claims <command>/],
    ["clams list", "unknown command 'clams'", /^Usage: pulumi-taas <command>/],
    ["claims drop --host a", "unknown command 'drop'", /^Usage: pulumi-taas claims <command>/],
    [
      "claims list",
      "name the hosts: --host, --hosts or --project",
      /^Usage: pulumi-taas claims list \[options\]/,
    ],
    ["claims list --host a --yes", "unknown option '--yes'", /^Usage: pulumi-taas claims list/],
    ["claims list --host", "option '--host <name>' argument missing", /claims list --help$/],
    ["claims list all --host a", "too many arguments", /claims list/],
    ["verify --host a --window 0", "--window must be above 0 seconds", /^Usage: pulumi-taas verify/],
    ["verify --host a --window soon", "--window must be a number of seconds", /verify/],
    [
      "capture --host a --port b --write c --duration 2147484",
      "--duration must be at most 2147483",
      /^Usage: pulumi-taas capture/,
    ],
    ["extcap --host a --install b --rate fast", "--rate must be a whole number", /pulumi-taas extcap/],
    ["claims remove --host a --yes", "say which claims: --owner <owner>, or --stack", /claims remove/],
    ["claims remove --host a --yes --stack old", "say which claims: --owner <owner>, or --stack", /remove/],
  ] as const) {
    it(`is refused: ${words}`, async () => {
      const refusal = await refusalOf(...words.split(" ").filter(Boolean));
      expect(refusal.message).to.include(message);
      expect(refusal.usage).to.match(usage);
    });
  }

  it("does not end the process when help is requested", async () => {
    const write = process.stdout.write;
    const written: string[] = [];
    process.stdout.write = (chunk: string | Uint8Array) => written.push(String(chunk)) > 0;
    try {
      const asked = await refusalOf("claims", "remove", "--help").catch((error: Error) => error);
      expect(asked).to.be.instanceOf(TextPrinted);
    } finally {
      process.stdout.write = write;
    }
    expect(written.join("")).to.match(
      /^Usage: pulumi-taas claims remove \[options\]\n[\s\S]*Examples:\n {2}pulumi-taas /,
    );
  });
});

describe("the output of a command", () => {
  const streams = () => ({
    stdout: new PassThrough(),
    stderr: new PassThrough() as unknown as NodeJS.WriteStream,
  });
  const told = async ({ stdout, stderr }: ReturnType<typeof streams>) => {
    stdout.end();
    stderr.end();
    return Promise.all([text(stdout), text(stderr as unknown as PassThrough)]);
  };

  it("is one JSON object with the errors, printed once", async () => {
    const to = streams();
    const output = new Output("json", to);
    output.line("text");
    output.answer({ claims: ["\u001b[31m"] });
    output.complain(new TaasError("it is down", { code: "unreachable", host: "a", hint: "Start it" }));
    output.complain("nothing was removed");
    output.complain("host b: it is down, too", { code: "unreachable", host: "b", hint: undefined });
    output.finish();
    output.finish();
    const [out, err] = await told(to);
    expect(out).to.not.include("\u001b");
    expect(JSON.parse(out)).to.deep.equal({
      claims: ["\u001b[31m"],
      errors: [
        { message: "host a: it is down. Start it", code: "unreachable", host: "a", hint: "Start it" },
        { message: "nothing was removed" },
        { message: "host b: it is down, too", code: "unreachable", host: "b" },
      ],
    });
    expect(err).to.equal(
      "pulumi-taas: host a: it is down. Start it\npulumi-taas: nothing was removed\npulumi-taas: host b: it is down, too\n",
    );
  });

  it("shows progress on a terminal only, and never in the middle of a line", async () => {
    const plain = streams();
    new Output("text", plain).progress("1 of 2");
    expect(await told(plain)).to.deep.equal(["", ""]);
    const to = streams();
    const output = new Output("text", {
      ...to,
      stderr: Object.assign(to.stderr, { isTTY: true as const, columns: 20 }),
    });
    output.progress("1 of 2 hosts, and more than there is room for");
    output.complain("it is down");
    output.line("done");
    output.finish();
    expect(await told(to)).to.deep.equal([
      "done\n",
      "\r\u001b[K1 of 2 hosts, and m\r\u001b[Kpulumi-taas: it is down\n",
    ]);
  });
});
