/** A part of the page, with a title. */
import type { Html } from "./html.ts";

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly body: Html;
}
