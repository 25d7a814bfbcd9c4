import { rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { expect } from "chai";
import type { Session } from "../../../console/api/session";
import { type BareConsole, startBareConsole } from "../../console/bareConsole";
import { ConsoleClient, until } from "../../console/client";
import { EDIT } from "../../console/fakeProject";
import { PEOPLE } from "../../console/people";

describe("a console that is stopped", () => {
  it("ends the run that goes on, and begins none that waits", async () => {
    const console = await startBareConsole();
    const client = await new ConsoleClient(console).logIn();
    const open = console.deployer.closeGate();
    const previews = [];
    for (const name of ["first", "second"]) previews.push(await client.preview({ ...EDIT, name }));
    for (const preview of previews) await client.confirm(preview);
    await until(
      () => console.deployer.runs,
      (runs) => runs.includes("up"),
    );
    const closed = console.close();
    open();
    await closed;
    expect(console.deployer.runs).to.deep.equal(["preview", "preview", "up"]);
  });
});

describe("what the console says of a session", () => {
  let console: BareConsole;
  before(async () => {
    console = await startBareConsole({ approval: true, users: PEOPLE, ports: {} });
  });
  after(() => console.close());

  it("is who looks and at which stack, and never where the project is", async () => {
    const tim = await new ConsoleClient(console, "tim").get<Session>("/api/session");
    expect(tim).to.deep.equal({
      ...{ user: "tim", role: "tenant", tenant: "blue", approval: true },
      ...{ can: { verify: true, watch: true }, project: { name: "taps", stack: "prod" } },
    });
    for (const user of Object.keys(PEOPLE)) {
      const session = await new ConsoleClient(console, user).get("/api/session");
      expect(JSON.stringify(session)).not.to.include(dirname(console.file));
    }
  });

  it("is no path or cause of an error either, for a tenant", async () => {
    const edit = { kind: "apply" };
    const ask = async (user: string) =>
      (await new ConsoleClient(console, user).ask("POST", "/api/previews", edit)).body;
    await writeFile(console.file, "secretive: [");
    expect(await ask("tim")).to.deep.equal({
      code: "program-unreadable",
      message: "the program cannot be read or edited now",
      hint: "An admin sees why",
    });
    await rm(console.file);
    const [tim, ada] = [await ask("tim"), await ask("ada")];
    expect(tim).to.include({ code: "failed" });
    expect(JSON.stringify(tim)).not.to.include(dirname(console.file));
    expect(JSON.stringify(ada)).to.include("ENOENT");
    const stream = await new ConsoleClient(console, "tim").events();
    await until(
      () => stream.events,
      (events) => events.length > 0,
    );
    stream.end();
    expect(JSON.stringify(stream.events)).not.to.include(dirname(console.file));
  });
});
