import type { IncomingMessage } from "node:http";
import type * as z from "zod";
import { placedReasons, wording } from "../../../provider/schema/reasons";
import { invalid, Refusal } from "../refusal";
import { LARGEST_BODY } from "./guard";

/** Parses a request's body with a schema. Throws Refusals with the invalid field. */
export async function readBody<Schema extends z.ZodType>(
  request: IncomingMessage,
  schema: Schema,
): Promise<z.output<Schema>> {
  return readJson(await readText(request), schema);
}

/** Reads text as a schema has it. Errors: Refusals, with the field that is wrong: `field`, else the first part of its path. */
export function readJson<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
  field?: string,
): z.output<Schema> {
  const parsed = schema.safeParse(parseJson(text), { error: wording });
  if (parsed.success) return parsed.data;
  const [first] = parsed.error.issues;
  const reasons = placedReasons(parsed.error, field ?? "request").map((reason) => reason.text);
  throw invalid(reasons.join("; "), field ?? (first && String(first.path[0] ?? "")));
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > LARGEST_BODY)
        throw new Refusal(413, { code: "too-large", message: `a request has at most ${LARGEST_BODY} bytes` });
      chunks.push(chunk);
    }
  } catch (error) {
    // Whoever leaves in the middle of a request is told nothing, and is no error of the server.
    throw error instanceof Refusal ? error : invalid("the request was cut short");
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid("the request is not JSON");
  }
}
