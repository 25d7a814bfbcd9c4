import * as z from "zod";
import { hostInput } from "./host";
import type { Values } from "./options";
import { verifyOptions } from "./verify";

const hosts = z.array(hostInput);

/** The arguments of the functions that programs call. */
export const functionArgs = { getTapStatistics: { hosts }, verifyTaps: { hosts, ...verifyOptions } };

export type FunctionName = keyof typeof functionArgs;
export type FunctionValues<Name extends FunctionName> = Values<(typeof functionArgs)[Name]>;
