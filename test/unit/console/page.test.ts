import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { repositoryRoot } from "../../engine/fixtureProject";

const PAGE = join(repositoryRoot(), "dist/console");

function built(file: string): string {
  return readFileSync(join(PAGE, file), "utf8");
}

describe("the console's page", () => {
  it("is at most 60 kB when it is compressed", () => {
    const files = ["index.html", "app.js", "app.css", "icon.svg"].map(built);
    const size = files.map((text) => gzipSync(text).length).reduce((one, other) => one + other);
    expect(size).to.be.within(10_000, 60_000);
  });

  it("has no script and no style in its HTML, and names no other origin", () => {
    const html = built("index.html");
    expect(html).not.to.match(/<style|style=|<script(?![^>]*\bsrc="\/)|\bon\w+=/);
    expect([html, built("app.css")].join()).not.to.match(/https?:|@import/);
  });

  it("carries the licence of what is in it", () => {
    const script = built("app.js");
    const banner = script.slice(0, script.indexOf("*/"));
    expect(banner).to.include("With preact, whose license is:").and.include("Permission is hereby granted");
  });
});
