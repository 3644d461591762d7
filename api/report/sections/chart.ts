/** The place of a chart: the page's script draws it, and until then there is nothing to see. */
import { type Html, html } from "../html.ts";

const ZOOM_BUTTONS = [
  ["in", "+", "Zoom in"],
  ["out", "−", "Zoom out"],
  ["left", "◀", "Earlier"],
  ["right", "▶", "Later"],
  ["all", "all", "Show all"],
] as const;

/** @param label what it shows, and where its figures are in words */
export function chart(id: string, label: string, zooms: boolean): Html {
  const buttons = ZOOM_BUTTONS.map(
    ([how, text, title]) =>
      html`<button type="button" data-zoom="${how}" title="${title}" aria-label="${title}">${text}</button>`,
  );
  const tools = zooms ? html`<div class="tools" role="toolbar" aria-label="Time shown">${buttons}</div>` : undefined;
  return html`<figure class="chart" hidden>${tools}<div id="${id}" class="plot" role="img" tabindex="0" aria-label="${label}"></div></figure>`;
}
