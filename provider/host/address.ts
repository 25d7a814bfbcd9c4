import { TaasError } from "../errors";

/**
 * Checks an ssh_config alias, DNS name or IP address, so that it can neither be taken for an option by `ssh`
 * nor smuggle a second word into a configuration line. Throws `invalid-host`.
 */
export function checkAddress(address: string, name: string = address): void {
  if (address === "") throw invalid(name, "the address of a host is empty");
  checkWord(address, "address", name);
  if (/^[^:]*:\d+$/.test(address) || /^\[.*\]/.test(address)) {
    throw invalid(name, `the address ${quoted(address)} carries a port`, "Give it as { address, port }");
  }
  if (address.includes("@")) {
    throw invalid(name, `the address ${quoted(address)} carries a user`, "Give it as { address, user }");
  }
  if (address.includes("/") || /["'`$\\;&<>|(){}*?!,#]/.test(address)) {
    throw invalid(name, `the address ${quoted(address)} is no host name, alias or IP address`);
  }
}

/**
 * Checks a word that is handed to `ssh` (a user, a jump host): no option, no whitespace, no control character, and
 * nothing that a shell would take for more than text, since `ssh` itself starts a jump host's connection by one.
 */
export function checkWord(word: string, what: string, name: string): void {
  if (word.startsWith("-")) throw invalid(name, `the ${what} ${quoted(word)} begins with "-"`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\s\u0000-\u001f\u007f]/.test(word)) {
    throw invalid(name, `the ${what} ${quoted(word)} has whitespace or a control character in it`);
  }
  if (/["'`$;&<>|(){}*?!#]|\\$/.test(word)) {
    throw invalid(name, `the ${what} ${quoted(word)} has a character in it that means something to a shell`);
  }
}

function invalid(host: string, message: string, hint?: string): TaasError {
  return new TaasError(
    message,
    hint === undefined ? { code: "invalid-host", host } : { code: "invalid-host", host, hint },
  );
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
