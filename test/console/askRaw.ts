import { request } from "node:http";

/** What a request came to. */
interface RawAnswer {
  status: number;
  headers: Record<string, unknown>;
  text: string;
}

/** Asks a server with exactly this path and these headers, whatever a client of this kind would make of them. */
export function askRaw(
  url: string,
  path: string,
  {
    headers,
    method = "GET",
    body = "",
  }: { headers: Record<string, string>; method?: string | undefined; body?: string | undefined },
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, method, headers, setHost: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, text }));
    });
    asked.on("error", reject);
    asked.end(body);
  });
}
