import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

/** Cookies that the link has given and that no browser has sent back; one more replaces the oldest. */
const MOST_OFFERED = 16;

/**
 * The one operator of a console without a proxy: a link that works once, then a cookie. Both are random and live as long as the process.
 *
 * The link is used up by the first cookie that a browser sends back, and not by the request for it: programs that follow links to show
 * what is behind them, or to scan it, read the answer and keep no cookie. Each request for the link gets another cookie, and only the first
 * that comes back counts: who has read the link before the operator has nothing afterwards.
 *
 * Cookies of 127.0.0.1 are those of all its ports, so the port is in the cookie's name: two consoles leave each other's alone.
 */
export class Login {
  private readonly link = secret();
  private offered: string[] = [];
  private session: string | undefined;

  constructor(private readonly port: () => number) {}

  /** The path of the link. */
  get path(): string {
    return `/login?token=${this.link}`;
  }

  /** Whether a request has the cookie. The first one that has uses up the link. */
  has({ cookie = "" }: IncomingHttpHeaders): boolean {
    const pairs = cookie.split(/; */);
    const isSent = (session: string): boolean => pairs.some((pair) => isSame(pair, this.pair(session)));
    if (this.session !== undefined) return isSent(this.session);
    this.session = this.offered.find(isSent);
    return this.session !== undefined;
  }

  /** A cookie for who has the link; undefined for others, and once it is used up. */
  enter(token: string | null): string | undefined {
    if (this.session !== undefined || token === null || !isSame(token, this.link)) return undefined;
    const session = secret();
    this.offered = [...this.offered, session].slice(-MOST_OFFERED);
    return `${this.pair(session)}; HttpOnly; SameSite=Strict; Path=/`;
  }

  private pair(session: string): string {
    return `taas-console-${this.port()}=${session}`;
  }
}

function secret(): string {
  return randomBytes(32).toString("base64url");
}

/** Compares in constant time. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
