import type { Page } from "playwright-core";

/** The name of what has the focus, as a label, an aria-label or its own text says it. */
const FOCUSED = `(() => {
  const at = document.activeElement;
  return at.labels?.[0]?.textContent ?? at.getAttribute("aria-label") ?? at.textContent ?? "";
})()`;

/** More than any screen has to tab through. */
const STEPS = 120;

/** Presses Tab until what is called `name` has the focus. Throws if it never has. */
export async function tabTo(page: Page, name: string): Promise<void> {
  const passed: string[] = [];
  for (let step = 0; step < STEPS; step++) {
    await page.keyboard.press("Tab");
    const at = String(await page.evaluate(FOCUSED)).trim();
    if (at === name) return;
    passed.push(at.slice(0, 30));
  }
  throw new Error(`the keyboard does not reach ${name}; it passes ${passed.join(", ")}`);
}

/** Goes to a control by Tab and uses it by a key. */
export async function pressOn(page: Page, name: string, key = "Enter"): Promise<void> {
  await tabTo(page, name);
  await page.keyboard.press(key);
}

/** Goes to a field or a list by Tab and types; a list chooses the entry that begins so. */
export async function typeInto(page: Page, name: string, text: string): Promise<void> {
  await tabTo(page, name);
  await page.keyboard.type(text);
}
