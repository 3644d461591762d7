/** Completion for zsh. */
import { endingsByFormat } from "../../../api/formats.ts";
import { FLAGS, type Flag } from "../../flags/table.ts";
import { COMMAND_DOCS } from "../command-docs.ts";
import { CODE_INSTEAD, compressedEndings, scriptEndings, valuesOf, wordsOf } from "./words.ts";

export function zshScript(): string {
  const commands = Object.keys(COMMAND_DOCS) as (keyof typeof COMMAND_DOCS)[];
  const code = FLAGS.filter(({ name }) => CODE_INSTEAD.includes(name));
  const given = code.flatMap(({ name, short }) => [
    `\${+opt_args[--${name}]}`,
    ...(short === undefined ? [] : [`\${+opt_args[-${short}]}`]),
  ]);
  return `#compdef pmap pmap-cli
# Completion for pmap in zsh. Write it to a file called _pmap in a folder of $fpath.

_pmap_script() {
  if (( ${given.join(" || ")} )); then
    _pmap_input
    return
  fi
  if (( CURRENT == 2 )); then
    local -a commands=(${commands.map((name) => quoted(`${name}:${COMMAND_DOCS[name].short.replaceAll(":", "\\:")}`)).join(" ")})
    _describe -t commands command commands
  fi
  _files -g '*.(${scriptEndings.join("|")})(-.)'
}

_pmap_input() {
  case \${opt_args[--from]:-\${opt_args[-f]}} in
${[...endingsByFormat()].map(([format, endings]) => `    ${format}) _files -g '*.(${endings.join("|")})(|.(${compressedEndings.join("|")}))(-.)' ;;`).join("\n")}
    *) _files ;;
  esac
}

_pmap() {
  typeset -A opt_args
  if (( CURRENT > 2 )); then
    case $words[2] in
${commands.map((name) => `      ${name}) ${commandWords(name)}; return ;;`).join("\n")}
    esac
  fi
  _arguments -s -S \\
${FLAGS.map((flag) => `    ${spec(flag)} \\`).join("\n")}
    '1:script:_pmap_script' \\
    '*:input:_pmap_input'
}

if [[ $funcstack[1] == _pmap ]]; then _pmap "$@"; else compdef _pmap pmap pmap-cli; fi
`;
}

/** A flag as _arguments wants it. */
function spec(flag: Flag): string {
  const { name, short, value, optional, repeats, help } = flag;
  const found = valuesOf(flag);
  const values = found === "file" ? "_files" : found === "unknown" ? " " : `(${found.join(" ")})`;
  const after = value === undefined ? "" : optional === true ? `::${value}:${values}` : `:${escaped(value)}:${values}`;
  const text = `[${escaped(help)}]${after}`;
  const long = `--${name}${value === undefined ? "" : optional === true ? "=-" : "="}`;
  const star = repeats === true ? "*" : "";
  if (short === undefined) return quoted(`${star}${long}${text}`);
  // A value stands behind a short flag, or is the next word.
  const both = `{-${short}${value === undefined || optional === true ? "" : "+"},${long}}`;
  return repeats === true ? `'*'${both}${quoted(text)}` : `'(-${short} --${name})'${both}${quoted(text)}`;
}

function escaped(text: string): string {
  return text.replaceAll(/[[\]:\\]/g, "\\$&");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function commandWords(name: keyof typeof COMMAND_DOCS): string {
  const words = wordsOf(name);
  return words === "files" ? "_files" : `compadd -- ${words.join(" ")}`;
}
