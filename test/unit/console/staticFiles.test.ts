import { join } from "node:path";
import { expect } from "chai";
import { staticFile } from "../../../console/server/http/staticFiles";
import type { Refusal } from "../../../console/server/refusal";
import { repositoryRoot } from "../../engine/fixtureProject";

const FOLDER = join(repositoryRoot(), "console/web");

/** The status that a path is answered with. */
async function statusOf(path: string): Promise<number> {
  try {
    await staticFile(FOLDER, path);
  } catch (error) {
    return (error as Refusal).status;
  }
  return 200;
}

describe("the files of the page", () => {
  it("are the page for every screen, including that of a long owner key", async () => {
    const key = encodeURIComponent(
      `organization/taps/prod/pulumi:pulumi:Stack$taas:TapFlow/${"web-".repeat(400)}`,
    );
    for (const path of ["/", "/new", "/taps", `/taps/${key}`, `/taps/${"x".repeat(2048)}`]) {
      const { type, content } = await staticFile(FOLDER, path);
      expect(type, path).to.equal("text/html; charset=utf-8");
      expect(content.toString(), path).to.include("<html");
    }
  });

  it("do not exist for a path that is longer, deeper or elsewhere", async () => {
    for (const path of [
      `/taps/${"x".repeat(2049)}`,
      "/taps/a/b",
      "/taps/",
      "/other",
      "/__proto__",
      "/taps/a b",
    ])
      expect(await statusOf(path), path).to.equal(404);
  });
});
