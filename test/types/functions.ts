// The functions, what they answer, and error codes. It is compiled against the package, never run.
import { type Output, output } from "@pulumi/pulumi";
import { expectTypeOf } from "expect-type";
import {
  type Count,
  type ErrorCode,
  getTapStatistics,
  type Host,
  type HostStatistics,
  type TapStatistics,
  type TapVerification,
  type TapVerifications,
  verifyTaps,
} from "pulumi-taas";

expectTypeOf(getTapStatistics).parameters.toEqualTypeOf<[{ hosts: Host[] }]>();
expectTypeOf(getTapStatistics).returns.resolves.toEqualTypeOf<TapStatistics>();
expectTypeOf<TapStatistics["hosts"]>().toEqualTypeOf<Record<string, HostStatistics>>();
expectTypeOf<HostStatistics["captures"][number]["copied"]>().toEqualTypeOf<Count>();
expectTypeOf(output(getTapStatistics({ hosts: ["a"] })).hosts).toEqualTypeOf<
  Output<Record<string, HostStatistics>>
>();
// @ts-expect-error hosts are required
getTapStatistics({});

expectTypeOf(verifyTaps).parameters.toEqualTypeOf<[{ hosts: Host[]; window?: number }]>();
expectTypeOf(verifyTaps).returns.resolves.toEqualTypeOf<TapVerifications>();
expectTypeOf<TapVerification["verdict"]>().toEqualTypeOf<
  "proved" | "no-traffic" | "wrong" | "outside" | "unknown" | "disabled" | "ended"
>();
expectTypeOf<TapVerification["stages"][number]["verdict"]>().toEqualTypeOf<
  "proved" | "no-traffic" | "wrong" | "outside" | "unknown"
>();
expectTypeOf<TapVerification["stages"][number]["stage"]>().toEqualTypeOf<
  "source" | "capture" | "filter" | "tunnel" | "delivery"
>();
// @ts-expect-error seconds are a number
verifyTaps({ hosts: ["a"], window: "2" });

expectTypeOf<"unreachable">().toExtend<ErrorCode>();
// @ts-expect-error no such code
const wrong: ErrorCode = "no-such-code";
export const never = wrong;
