import type { CommandSpec, Work } from "../command";
import { confirm } from "../confirm";
import type { ExitCode } from "../exitCode";
import { isNothingSeen, lookAtAll } from "../looks";
import { collect } from "../options";
import { UsageError } from "../usageError";
import { describeClaim, describeRemoval, type Listed } from "./claim";
import { type Chosen, chooseClaims, removeChosen } from "./removal";

interface RemoveOptions {
  owner?: string[];
  yes?: true;
  dryRun?: true;
}

/**
 * `claims remove`: removes the claims that the command line selects, after the operator has confirmed, and reports
 * each.
 */
export const remove: CommandSpec<RemoveOptions> = {
  name: "remove",
  summary: "remove claims whose stack is gone",
  description: `Removes claims whose stack is gone, with everything that only they need on their hosts and at their other ends. Use "pulumi destroy" for
everything else.`,
  examples: [
    "claims remove --hosts hosts.json --stack acme/taps/old --dry-run",
    "claims remove --host compute1 --owner acme/taps/old/TapFlow/web",
  ],
  configure(command) {
    command
      .option("--owner <owner>", "the claim of this owner, as list prints it; repeat for more", collect)
      .option("-y, --yes", "do not ask for confirmation; required without a terminal")
      .option("--dry-run", "only print what would be removed")
      .addHelpText(
        "after",
        "\nWhich claims: --owner, or --stack with a full name such as acme/taps/old: all claims of that stack; repeat for more.",
      );
  },
  ownStacks: isWholeName,
  check(options) {
    if (options.owner === undefined && !options.stack.some(isWholeName)) {
      throw new UsageError("say which claims: --owner <owner>, or --stack <org/project/stack>");
    }
    if (isAsked(options) && process.stdin.isTTY !== true) {
      throw new UsageError(
        "remove asks for confirmation, and there is no terminal: give --yes, or --dry-run",
      );
    }
  },
  async run(work) {
    const { options, output } = work;
    const stacks = options.stack.filter(isWholeName);
    const seen = await lookAtAll(work);
    const chosen = chooseClaims(seen.looks, { owners: options.owner ?? [], stacks });
    const claims = chosen.flatMap(({ look, claims: own }) =>
      own.map((claim): Listed => ({ host: look.record.name, claim })),
    );
    output.answer(options.dryRun ? { wouldRemove: claims } : { removed: [] });
    if (isNothingSeen(seen)) return 2;
    if (claims.length === 0) output.line("no claims");
    if (options.dryRun) for (const one of claims) output.line(`would remove ${describeRemoval(one)}`);
    if (options.dryRun || claims.length === 0) return 0;
    if (isAsked(options) && !(await isAgreed(claims, work))) {
      output.complain("nothing was removed");
      return 2;
    }
    return removeAndTell(chosen, work);
  },
};

function isAsked({ yes, dryRun }: RemoveOptions): boolean {
  return yes !== true && dryRun !== true;
}

/** `acme/taps/old`: names a stack whose claims to remove, rather than one whose configuration to use. */
function isWholeName(stack: string): boolean {
  return stack.split("/").length === 3;
}

async function isAgreed(claims: readonly Listed[], { output }: Work): Promise<boolean> {
  for (const one of claims) output.notice(describeRemoval(one));
  return confirm(`Remove ${claims.length === 1 ? "this claim" : `these ${claims.length} claims`}?`);
}

/** Each removed claim is reported at once, so that the report is complete whatever happens afterwards. */
async function removeAndTell(chosen: readonly Chosen[], { context, output }: Work): Promise<ExitCode> {
  const removed: Listed[] = [];
  output.answer({ removed });
  await removeChosen(context, chosen, {
    removed(listed) {
      removed.push(listed);
      output.line(`removed ${describeClaim(listed)}`);
    },
    failed: (message, about) => output.complain(message, about),
  });
  return 0;
}
