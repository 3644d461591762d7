/** Text: records are strings, lines or what stands between NULs. */
import { printJson } from "../json.ts";
import { beginsWithObject } from "./begins-with-object.ts";
import type { Codec } from "./codec.ts";
import { type Format, NO_ENDS } from "./format.ts";

const LINE_FEED = 10;
const NUL = 0;

export const text: Format = {
  name: "text",
  about: "a string a line",
  extensions: [".txt", ".log", ".md"],
  whyLines: (begin) => (beginsWithObject(begin) ? "by the first line" : undefined),
  input: { cut: "line", separator: LINE_FEED, skipsBlank: false, ofText: true },
  output: { extensions: [], ends: () => NO_ENDS },
};

export const nul: Format = {
  name: "nul",
  about: "strings between NULs (find -print0)",
  extensions: [],
  input: { cut: "line", separator: NUL, skipsBlank: false, ofText: true },
  output: { extensions: [], ends: () => NO_ENDS },
};

export const textCodec: Codec = /* @__PURE__ */ codec("text", "\n");
export const nulCodec: Codec = /* @__PURE__ */ codec("nul", "\0");

function codec(name: string, separatorText: "\n" | "\0"): Codec {
  return {
    name,
    input: {
      cut: "line",
      separator: separatorText.charCodeAt(0),
      separatorText,
      skipsEmpty: false,
      trimsReturn: separatorText === "\n",
      needsUtf8: false,
      parse: (record) => record,
      createReread: () => (record) => record,
    },
    output: {
      print(value) {
        const printed = typeof value === "string" ? value : printJson(value);
        return printed === undefined ? undefined : printed + separatorText;
      },
      printJson: (json) => json + separatorText,
    },
  };
}
