import { appendFile, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { ChangeRecords, inWholeLines } from "../../../console/server/changes/changeRecords";
import { History } from "../../../console/server/changes/history";
import type { ChangeRecord, PreviewRecord } from "../../../console/server/changes/record";
import { plannedSteps } from "../../../console/server/deploy/steps";
import { jsonText } from "../../../console/server/http/jsonText";
import { created } from "../../console/fakeDeployer";

const record = (id: string): ChangeRecord => ({
  ...{ id, at: "2026-11-29T10:00:00Z", by: "ada", what: "apply the program", outcome: "succeeded" },
  ...{ steps: [], log: [], programDiff: "" },
});
const preview = {
  viewer: { user: "ada" },
  what: "apply",
  steps: [],
  programDiff: "",
} as unknown as PreviewRecord;

describe("the history of the console", () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "taas-history-"));
    file = join(folder, "prod.changes.jsonl");
  });
  afterEach(() => rm(folder, { recursive: true }));

  const ids = async () => (await new History(file).read()).map(({ id }) => id);

  it("loses no change behind a line that a killed console has left half written", async () => {
    await new History(file).write(record("a"));
    await appendFile(file, '{"id":"b","log":["half');
    const later = new History(file);
    await later.write(record("c"));
    await later.write(record("d"));
    expect(await ids()).to.deep.equal(["a", "c", "d"]);
  });

  it("has the last 500 changes, however long the file is", async () => {
    const lines = Array.from({ length: 1200 }, (_, number) => JSON.stringify(record(String(number))));
    await writeFile(file, lines.join("\n"));
    const found = await ids();
    expect([found.length, found[0], found.at(-1)]).to.deep.equal([500, "700", "1199"]);
  });

  it("keeps whole lines of what a run printed: its beginning, and its end, which says what has become of it", () => {
    const records = new ChangeRecords(new History(undefined), () => {});
    const change = records.create(preview, "running");
    const log = inWholeLines((lines) => records.log(change, lines));
    for (const piece of ["one t", "wo\nthree\nfo", "ur\n", "\n"]) log(piece);
    expect(change.log).to.deep.equal(["one two", "three", "four"]);
    for (let number = 0; number < 5000; number += 1) log(`line ${number}\n`);
    expect(change.log).to.have.length(2001);
    expect(change.log.slice(0, 4)).to.deep.equal(["one two", "three", "four", "line 0"]);
    expect(change.log[500]).to.equal("(lines are left out here)");
    expect(change.log.at(-1)).to.equal("line 4999");
    records.setLog(change, `${"é".repeat(10)}\n${"x".repeat(1999)}😀${"y".repeat(50)}\n`);
    expect(change.log).to.deep.equal(["é".repeat(10), `${"x".repeat(1999)}... (52 more characters)`]);
  });

  it("shows of a long argument what differs, wherever in it that is", () => {
    const step = (before: unknown, after: unknown): string => {
      const event = created("web", "first");
      const { metadata } = event.resourcePreEvent!;
      metadata.op = "update";
      metadata.old = { ...metadata.new!, inputs: { ...metadata.new!.inputs, filter: before } };
      metadata.new!.inputs!.filter = after;
      return plannedSteps([event])[0]!.step.changes[0]!;
    };
    expect(step("a", "b")).to.equal('filter: "a" => "b"');
    const long = "host 192.0.2.1 or ".repeat(300);
    const told = step(`${long}port 80`, `${long}port 443`);
    expect(told).to.match(
      /^filter: \(\d+ characters\) \.\.\..*port 80" => \(\d+ characters\) \.\.\..*port 443"$/,
    );
    expect(told.length).to.be.lessThan(300);
    const [old, now] = step(`${long}a${"x".repeat(5000)}`, `${long}b${"x".repeat(5000)}`).split(" => ");
    expect(old).to.match(/ax+\.\.\. \(\d+ more characters\)$/);
    expect(now).to.match(/bx+\.\.\. \(\d+ more characters\)$/);
  });

  it("is cut on its way to the page between characters, and says by how much", () => {
    const text = `${"x".repeat(4095)}😀end`;
    expect(JSON.parse(jsonText({ text }))).to.deep.equal({
      text: `${"x".repeat(4095)}... (5 more characters)`,
    });
    expect(JSON.parse(jsonText({ text: `${"x".repeat(4094)}😀` }))).to.deep.equal({
      text: `${"x".repeat(4094)}😀`,
    });
  });

  it("is written for its owner only", async () => {
    await new History(file).write(record("a"));
    expect((await stat(file)).mode & 0o777).to.equal(0o600);
  });
});
