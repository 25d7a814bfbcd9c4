import { TaasError } from "../errors";

/**
 * Checks an ssh_config alias, DNS name or IP address: `ssh` must not be able to take it for an option, and it must not
 * add a second word to a configuration line. Throws `invalid-host`.
 */
export function checkAddress(address: string, name: string = address): void {
  if (address === "") throw invalid(name, "the address of a host is empty");
  checkWord(address, "address", name);
  if (/^[^:]*:\d+$/.test(address) || /^\[.*\]/.test(address)) {
    throw invalid(name, `the address ${quoted(address)} contains a port`, "Give it as { address, port }");
  }
  if (address.includes("@")) {
    throw invalid(name, `the address ${quoted(address)} contains a user`, "Give it as { address, user }");
  }
  if (address.includes("/") || /["'`$\\;&<>|(){}*?!,#]/.test(address)) {
    throw invalid(name, `the address ${quoted(address)} is not a host name, alias or IP address`);
  }
}

/**
 * Checks a word that is passed to `ssh` (a user, a jump host): not an option, no whitespace or control characters, and
 * nothing that is special to a shell, because `ssh` itself opens the connection to a jump host through a shell.
 */
export function checkWord(word: string, what: string, name: string): void {
  if (word.startsWith("-")) throw invalid(name, `the ${what} ${quoted(word)} starts with "-"`);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find
  if (/[\s\u0000-\u001f\u007f]/.test(word)) {
    throw invalid(name, `the ${what} ${quoted(word)} contains whitespace or a control character`);
  }
  if (/["'`$;&<>|(){}*?!#]|\\$/.test(word)) {
    throw invalid(name, `the ${what} ${quoted(word)} contains a character that is special to a shell`);
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
