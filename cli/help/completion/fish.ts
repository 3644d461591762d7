/** Completion for fish, from version 3.1 on. */
import { endingsByFormat } from "../../../api/formats.ts";
import { FLAGS, type Flag } from "../../flags/table.ts";
import { COMMAND_DOCS } from "../command-docs.ts";
import { CODE_INSTEAD, scriptEndings, takesWord, valuesOf, wordsOf } from "./words.ts";

export function fishScript(): string {
  const commands = Object.keys(COMMAND_DOCS) as (keyof typeof COMMAND_DOCS)[];
  const code = FLAGS.filter(({ name }) => CODE_INSTEAD.includes(name));
  return `# Completion for pmap in fish: pmap completion fish > ~/.config/fish/completions/pmap.fish
function __pmap_is_command
    contains -- (commandline -opc)[2] ${commands.join(" ")}
end

# Scripts where there is none yet; then data of the format of --from.
function __pmap_files
    set -l words (commandline -opc)
    set -e words[1]
    set -l from
    set -l script
    set -l skip
    set -l before
    for word in $words
        if test -n "$skip"
            set skip
            contains -- $before -f --from; and set from $word
        else
            set before $word
            switch $word
                case '--from=*'
                    set from (string replace -- --from= '' $word)
                case ${FLAGS.filter(takesWord).flatMap(spelled).join(" ")}
                    set skip 1
                case '-*'
                case '*'
                    set script 1
            end
            contains -- (string replace -r -- '=.*' '' $word) ${code.flatMap(spelled).join(" ")}; and set script 1
        end
    end
    if test -z "$script"
        for ending in ${scriptEndings.join(" ")}
            __fish_complete_suffix .$ending
        end
        return
    end
    switch "$from"
${[...endingsByFormat()].map(([format, endings]) => `        case ${format}\n            for ending in ${endings.join(" ")}\n                __fish_complete_suffix .$ending\n            end`).join("\n")}
        case '*'
            __fish_complete_path (commandline -ct)
    end
end

complete -c pmap-cli -w pmap
complete -c pmap -n 'not __pmap_is_command' -k -f -a '(__pmap_files)'
${commands.map((name) => `complete -c pmap -n __fish_is_first_token -a ${name} -d ${quoted(COMMAND_DOCS[name].short)}`).join("\n")}
${commands.map(commandWords).join("\n")}
${FLAGS.map(flagLine).join("\n")}
`;
}

function flagLine(flag: Flag): string {
  const { name, short, help, value } = flag;
  const found = valuesOf(flag);
  const names = `${short === undefined ? "" : `-s ${short} `}-l ${name}`;
  const values =
    value === undefined || (!takesWord(flag) && found === "unknown")
      ? ""
      : found === "file"
        ? takesWord(flag)
          ? " -r -F"
          : ""
        : found === "unknown"
          ? " -x"
          : ` ${takesWord(flag) ? "-x " : ""}-a ${quoted(found.join(" "))}`;
  return `complete -c pmap -n 'not __pmap_is_command' ${names}${values} -d ${quoted(help)}`;
}

function commandWords(name: keyof typeof COMMAND_DOCS): string {
  const words = wordsOf(name);
  const what = words === "files" ? "-F" : `-f -a ${quoted(words.join(" "))}`;
  return `complete -c pmap -n '__fish_seen_subcommand_from ${name}; and __pmap_is_command' ${what}`;
}

function spelled({ name, short }: Flag): string[] {
  return [`--${name}`, ...(short === undefined ? [] : [`-${short}`])];
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
