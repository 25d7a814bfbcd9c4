import { expect } from "chai";
import fc from "fast-check";
import { expandPath, parseEffectiveConfig, single, splitPaths } from "../../../provider/host/effectiveConfig";
import type { Endpoint } from "../../../provider/host/endpoint";
import {
  type HostArgument,
  type Inventory,
  resolveHost,
  withPresentConnection,
} from "../../../provider/host/inventory";
import { parseJumpChain } from "../../../provider/host/jump";
import { judgeKey, knownKeys } from "../../../provider/host/knownHosts/match";
import { parseKnownHosts } from "../../../provider/host/knownHosts/parse";
import { parsePin } from "../../../provider/host/knownHosts/pin";
import { explainSsh } from "../../../provider/host/openssh/explain";
import { readSettings } from "../../../provider/settings";
import { hostileJson, hostileText } from "./arbitrary";
import { expectShowable, outcome } from "./outcome";

const KEY = Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from("ssh-ed25519"), Buffer.alloc(36, 7)]);
const ENCODED = KEY.toString("base64");

describe("known_hosts with anything in it", () => {
  const names = fc.oneof(
    hostileText,
    fc.constantFrom(
      "host1",
      "!host1",
      "*",
      "?ost1",
      "[host1]:22",
      "|1|AAAA|AAAA",
      "|1||",
      "|2|x|y",
      "*,!host1",
    ),
  );
  const line = fc
    .tuple(
      fc.constantFrom("", "@revoked ", "@cert-authority ", "@other ", "# "),
      names,
      fc.constantFrom("ssh-ed25519", "ssh-rsa", "constructor", ""),
      fc.oneof(fc.constant(ENCODED), hostileText),
    )
    .map(([marker, name, type, key]) => `${marker}${name} ${type} ${key}`);

  it("is parsed, and trusts a key only by a line that contains it", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(line, hostileText), { maxLength: 6 }), hostileText, (lines, name) => {
        const text = lines.join("\n");
        const known = parseKnownHosts(text, "known_hosts");
        knownKeys(known, ["host1", name]);
        const { kind } = judgeKey(known, ["host1", name], KEY);
        if (kind === "trusted") expect(text).to.include(ENCODED);
        judgeKey(known, [name], Buffer.from(name));
      }),
      { numRuns: 500 },
    );
  });

  it("never trusts a revoked key, wherever the line stands", () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 4 }), fc.nat(4), (lines, place) => {
        const all = [...lines.slice(0, place), `@revoked * ssh-ed25519 ${ENCODED}`, ...lines.slice(place)];
        const text = all.map((one) => one.replaceAll("\n", "")).join("\n");
        expect(judgeKey(parseKnownHosts(text, "f"), ["host1"], KEY).kind).to.equal("revoked");
      }),
      { numRuns: 300 },
    );
  });

  it("takes no longer for patterns with many wildcards", () => {
    const pattern = `${"*a".repeat(2000)}b`;
    const known = parseKnownHosts(`${pattern},!${pattern} ssh-ed25519 ${ENCODED}`, "known_hosts");
    expect(judgeKey(known, ["a".repeat(255)], KEY).kind).to.equal("unknown");
  });
});

describe("an SSH configuration with anything in it", () => {
  const tokens = { alias: "a", hostname: "h", port: 22, user: "u" };

  it("gives words and paths, whatever ssh -G prints", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(hostileText, hostileText), { maxLength: 5 }), (pairs) => {
        const config = parseEffectiveConfig(pairs.map(([key, value]) => `${key} ${value}`).join("\n"));
        for (const [keyword, values] of config) {
          single(config, keyword);
          for (const path of splitPaths(values[0]!)) expect(expandPath(path, tokens)).to.match(/^\//);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("gives jump hosts, or says that it has none", () => {
    fc.assert(
      fc.property(hostileText, (chain) => {
        const hop = outcome(() => parseJumpChain(chain, "host1"));
        if (hop === undefined) return;
        const host = outcome(() =>
          resolveHost({ address: hop.address, ...(hop.user ? { user: hop.user } : {}) }, {}),
        );
        expect(`${host?.address ?? ""}${host?.user ?? ""}`).not.to.match(/[`$;|&<>\s]/);
      }),
      { numRuns: 500 },
    );
  });

  it("lets ssh print anything when it fails", () => {
    const endpoint = {
      ...{ name: "host1", hostname: "h", port: 22, user: "u", role: "host" },
      knownHostsFiles: ["/k"],
      config: [],
    } as unknown as Endpoint;
    fc.assert(
      fc.property(
        hostileText,
        fc.constantFrom(
          "",
          "Permission denied",
          "Host key verification failed",
          "kex_exchange_identification: ",
        ),
        (text, known) => {
          const error = explainSsh(endpoint, `${text}\r\n${known}${text}`);
          expectShowable(error.message);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("hosts in a program or inventory", () => {
  it("are valid addresses, or refused", () => {
    const argument = fc.oneof(
      hostileText,
      fc.record(
        { address: hostileText, user: hostileText, proxyJump: hostileText, port: fc.integer() },
        { requiredKeys: ["address"] },
      ),
    ) as fc.Arbitrary<HostArgument>;
    fc.assert(
      fc.property(argument, fc.array(fc.tuple(hostileText, argument), { maxLength: 4 }), (host, entries) => {
        const inventory = Object.fromEntries(entries) as Inventory;
        const record = outcome(() => resolveHost(host, inventory));
        if (record === undefined) return;
        expect(record.address).to.match(/^[^-\s`$;|&<>'"][^\s`$;|&<>'"]*$/);
        outcome(() => withPresentConnection(record, inventory));
      }),
      { numRuns: 500 },
    );
  });

  it("may be configured as anything", () => {
    const value = fc.option(
      fc.oneof(
        hostileText,
        hostileJson.map((one) => JSON.stringify(one)),
      ),
      { nil: undefined },
    );
    fc.assert(
      fc.property(value, value, value, (hosts, time, pin) => {
        const settings = outcome(() =>
          readSettings((key) => (key === "taas:hosts" ? hosts : key.endsWith("Timeout") ? time : undefined)),
        );
        if (settings !== undefined) expect(settings.connection.connectTimeout).to.be.above(0);
        outcome(() => parsePin(pin ?? "", "host1"));
      }),
      { numRuns: 500 },
    );
  });
});
