import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/**
 * The one operator of a console without a proxy: a link that works once, then a cookie. Both are random and live as long as the process. Cookies
 * of 127.0.0.1 are those of all its ports, so the port is in the cookie's name: two consoles leave each other's alone.
 */
export class Login {
  private readonly link = randomBytes(32).toString("base64url");
  private readonly session = randomBytes(32).toString("base64url");
  private isUsed = false;

  constructor(private readonly port: () => number) {}

  /** The path of the link. */
  get path(): string {
    return `/login?token=${this.link}`;
  }

  private get pair(): string {
    return `taas-console-${this.port()}=${this.session}`;
  }

  /** Whether a request has the cookie. */
  has({ cookie = "" }: IncomingHttpHeaders): boolean {
    return cookie.split(/; */).some((pair) => isSame(pair, this.pair));
  }

  /** The cookie for who has the link; undefined for others, and the second time. */
  enter(token: string | null): string | undefined {
    if (this.isUsed || token === null || !isSame(token, this.link)) return undefined;
    this.isUsed = true;
    return `${this.pair}; HttpOnly; SameSite=Strict; Path=/`;
  }
}

/** Compares in a time that tells nothing. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
