import ts from "typescript";
import type { LinkOf } from "./typeText";

/** A doc comment in its parts, each a text on one line. */
export interface Comment {
  paragraphs: string[];
  /** Programs, without their fences. */
  examples: string[];
  /** What can fail: error codes and what they mean there. */
  errors: string[];
}

/**
 * The doc comment of a declaration or of a member of one; all parts are empty where there is none. A link in it is
 * Markdown's, if the reference tells of what it leads to.
 */
export function commentOf(node: ts.Node, linkOf: LinkOf): Comment {
  const comments = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  const tags = (name: string) =>
    comments
      .flatMap((comment) => comment.tags ?? [])
      .filter((tag) => tag.tagName.text === name)
      .map((tag) => ts.getTextOfJSDocComment(tag.comment) ?? "");
  return {
    paragraphs: comments.flatMap(({ comment }) =>
      paragraphs(ts.getTextOfJSDocComment(comment) ?? "", linkOf),
    ),
    examples: tags("example").map((text) => text.replaceAll(/^```\w*\n|\n```$/g, "")),
    errors: tags("throws").flatMap((text) => paragraphs(text, linkOf)),
  };
}

function paragraphs(text: string, linkOf: LinkOf): string[] {
  return text
    .replaceAll(/\{@link (\w+)\}/g, (_, name: string) => {
      const link = linkOf(name);
      return link === undefined ? `\`${name}\`` : `[\`${name}\`](${link})`;
    })
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replaceAll(/\s+/g, " ").trim())
    .filter((paragraph) => paragraph !== "");
}
