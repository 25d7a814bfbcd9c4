import type { Page } from "playwright-core";

/** Milliseconds from a text in *Search* to the picture with what was found. */
export async function timeOfSearch(page: Page, text: string): Promise<number> {
  return page.evaluate(`new Promise((resolve) => {
    const field = document.querySelector("input[type=search]");
    const start = performance.now();
    field.value = ${JSON.stringify(text)};
    field.dispatchEvent(new Event("input", { bubbles: true }));
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - start)));
  })`);
}
