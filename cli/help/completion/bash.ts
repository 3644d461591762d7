/** Completion for bash, from version 3.2 on. */
import { endingsByFormat } from "../../../api/formats.ts";
import { FLAGS, type Flag } from "../../flags/table.ts";
import { COMMAND_DOCS } from "../command-docs.ts";
import { CODE_INSTEAD, compressedEndings, scriptEndings, takesWord, valuesOf, wordsOf } from "./words.ts";

export function bashScript(): string {
  const commands = Object.keys(COMMAND_DOCS) as (keyof typeof COMMAND_DOCS)[];
  const code = FLAGS.filter(({ name }) => CODE_INSTEAD.includes(name));
  const values = FLAGS.flatMap((flag) => {
    const found = valuesOf(flag);
    if (flag.value === undefined) return [];
    const what = found === "file" ? "_pmap_files '.'" : found === "unknown" ? ":" : `_pmap_words "${found.join(" ")}"`;
    const spelled = takesWord(flag) ? names(flag) : `--${flag.name}=`;
    return [`    ${spelled}) ${what}; return ;;`];
  });
  return `# Completion for pmap in bash. Add to ~/.bashrc: eval "$(pmap completion bash)"
_pmap_words() { while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -W "$1" -- "$cur"); }

# Folders, and the files that match; all files if none does.
_pmap_files() {
  local file found=""
  while IFS= read -r file; do
    if [[ -d $file ]]; then COMPREPLY+=("$file"); elif [[ $file =~ $1 ]]; then COMPREPLY+=("$file"); found=1; fi
  done < <(compgen -f -- "$cur")
  if [[ -z $found ]]; then
    COMPREPLY=()
    while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen -f -- "$cur")
  fi
  compopt -o filenames 2> /dev/null
}

_pmap() {
  local cur=\${COMP_WORDS[COMP_CWORD]} flag=\${COMP_WORDS[COMP_CWORD-1]} word i from="" script="" equals=""
  COMPREPLY=()
  # bash makes three words of --flag=value.
  if [[ $cur == "=" ]]; then cur="" equals==
  elif [[ $flag == "=" && $COMP_CWORD -gt 2 ]]; then flag=\${COMP_WORDS[COMP_CWORD-2]} equals==; fi
  if [[ $COMP_CWORD -gt 1 ]]; then
    case \${COMP_WORDS[1]} in
${commands.map((name) => `    ${name}) ${commandWords(name)}; return ;;`).join("\n")}
    esac
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    case $word in
    --) COMPREPLY=(); compopt -o default 2> /dev/null; return ;;
    -f | --from) from=\${COMP_WORDS[i+1]}; [[ $from == "=" ]] && from=\${COMP_WORDS[i+2]} ;;
    ${code.map(names).join(" | ")}) script=1 ;;
    esac
    case $word in
    ${FLAGS.filter(takesWord).map(names).join(" | ")})
      i=$((i + 1)); [[ \${COMP_WORDS[i]} == "=" ]] && i=$((i + 1)) ;;
    -* | "=") ;;
    *) script=1 ;;
    esac
  done
  case $flag in
${values.filter((row) => !row.includes("=)")).join("\n")}
  esac
  case $flag$equals in
${values.filter((row) => row.includes("=)")).join("\n")}
  esac
  if [[ $cur == -* ]]; then
    _pmap_words "${FLAGS.flatMap(({ name, short }) => [`--${name}`, ...(short === undefined ? [] : [`-${short}`])]).join(" ")}"
    return
  fi
  if [[ -z $script ]]; then
    _pmap_files '\\.(${scriptEndings.join("|")})$'
    if [[ $COMP_CWORD -eq 1 ]]; then _pmap_words "${commands.join(" ")}"; fi
    return
  fi
  case $from in
${[...endingsByFormat()].map(([format, endings]) => `  ${format}) _pmap_files '\\.(${endings.join("|")})(\\.(${compressedEndings.join("|")}))?$' ;;`).join("\n")}
  *) _pmap_files '.' ;;
  esac
}
complete -F _pmap pmap pmap-cli
`;
}

function names({ name, short }: Flag): string {
  return short === undefined ? `--${name}` : `-${short} | --${name}`;
}

function commandWords(name: keyof typeof COMMAND_DOCS): string {
  const words = wordsOf(name);
  return words === "files" ? "_pmap_files '.'" : `_pmap_words "${words.join(" ")}"`;
}
