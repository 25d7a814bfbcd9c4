import { expect } from "chai";
import { guard, originsOf } from "../../../console/server/http/guard";
import type { Refusal } from "../../../console/server/refusal";

const ORIGINS = originsOf(8080, new URL("https://taps.example/"));

function verdict(method: string, path: string, headers: Record<string, string>): number | "passed" {
  try {
    guard({ method, path, headers: { host: "127.0.0.1:8080", ...headers } }, ORIGINS);
    return "passed";
  } catch (error) {
    return (error as Refusal).status;
  }
}

const JSON_TYPE = { "content-type": "application/json" };
const OWN = { origin: "http://127.0.0.1:8080", "sec-fetch-site": "same-origin", ...JSON_TYPE };

describe("the guard of the console", () => {
  it("lets the page pass under each of its names", () => {
    for (const host of ["127.0.0.1:8080", "localhost:8080", "LOCALHOST:8080", "[::1]:8080", "taps.example"])
      expect(verdict("GET", "/api/taps", { host }), host).to.equal("passed");
    expect(verdict("POST", "/api/previews", OWN)).to.equal("passed");
    expect(verdict("POST", "/api/previews", { ...OWN, origin: "https://taps.example" })).to.equal("passed");
    const link = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
    expect(verdict("GET", "/taps/0123456789abcdef", link)).to.equal("passed");
  });

  const refused: [string, number, string, string, Record<string, string>][] = [
    ["a rebound name", 421, "GET", "/", { host: "attacker.example:8080" }],
    ["another port of this machine", 421, "GET", "/", { host: "127.0.0.1:8081" }],
    ["no name", 421, "GET", "/", { host: "" }],
    ["another origin", 403, "POST", "/api/previews", { ...OWN, origin: "https://attacker.example" }],
    ["another port as origin", 403, "POST", "/api/previews", { ...OWN, origin: "http://127.0.0.1:8081" }],
    ["an opaque origin", 403, "POST", "/api/previews", { ...OWN, origin: "null" }],
    ["no origin for a change", 403, "POST", "/api/previews", JSON_TYPE],
    ["reading by another site", 403, "GET", "/api/taps", { "sec-fetch-site": "cross-site" }],
    [
      "a link to data",
      403,
      "GET",
      "/api/taps",
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" },
    ],
    ["another site of the same machine", 403, "GET", "/api/taps", { "sec-fetch-site": "same-site" }],
    ["a form", 415, "POST", "/api/previews", { ...OWN, "content-type": "application/x-www-form-urlencoded" }],
    ["plain text", 415, "POST", "/api/previews", { ...OWN, "content-type": "text/plain" }],
    [
      "JSON in words only",
      415,
      "POST",
      "/api/previews",
      { ...OWN, "content-type": "text/plain; application/json" },
    ],
    ["no type", 415, "POST", "/api/previews", { ...OWN, "content-type": "" }],
    ["a question for permission", 405, "OPTIONS", "/api/previews", OWN],
    ["another method", 405, "DELETE", "/api/previews", OWN],
    ["HEAD of what is no file", 405, "HEAD", "/api/events", {}],
    ["HEAD of the link", 405, "HEAD", "/login", {}],
  ];
  for (const [name, status, method, path, headers] of refused)
    it(`refuses ${name}`, () => {
      expect(verdict(method, path, headers)).to.equal(status);
    });
});
