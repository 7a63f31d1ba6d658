import { optionsThatTake, type Row } from "./table.ts";

/** A script that makes a shell complete our commands, options, specs and ids of tasks. */
export type CompletionScript = (rows: readonly Row[]) => string;

const optionNames = ({ options }: Row): string => options.map(({ name }) => name).join(" ");
const namesOf = (rows: readonly Row[]): string => rows.map(({ name }) => name).join(" ");

const bash: CompletionScript = (rows) => `# eval "$(steerform completion bash)"
_steerform() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" options="" words="" spec="" word
  for word in "\${COMP_WORDS[@]:2}"; do case "$word" in *.yaml|*.yml) spec="$word" ;; esac; done
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${namesOf(rows)}" -- "$cur"))
    return
  fi
  case "$prev" in
    ${optionsThatTake("tasks", rows).join("|")})
      COMPREPLY=($(compgen -W "$("\${COMP_WORDS[0]}" completion tasks $spec 2>/dev/null)" -- "$cur"))
      return ;;
    ${optionsThatTake("text", rows).join("|")}) return ;;
  esac
  case "\${COMP_WORDS[1]}" in
${rows.map((row) => `    ${row.name}) options="${optionNames(row)}" words="${row.words.join(" ")}" ;;`).join("\n")}
  esac
  case "$cur" in
    -*) COMPREPLY=($(compgen -W "$options" -- "$cur")) ;;
    *) [ "$COMP_CWORD" -eq 2 ] || words=""
      COMPREPLY=($(compgen -W "$words $(compgen -G "specs/*.y*ml")" -- "$cur")) ;;
  esac
}
complete -o bashdefault -o default -F _steerform steerform`;

const zsh: CompletionScript = (rows) => `#compdef steerform
# eval "$(steerform completion zsh)", after compinit
_steerform() {
  local -a commands options first
  local spec="\${words[(r)*.y(a|)ml]}"
  commands=(
${rows.map(({ name, summary }) => `    ${quoted(`${name}:${summary.replaceAll(":", String.raw`\:`)}`)}`).join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  case "\${words[CURRENT-1]}" in
    ${optionsThatTake("tasks", rows).join("|")})
      compadd -- \${(f)"$("\${words[1]}" completion tasks $spec 2>/dev/null)"}
      return ;;
    ${optionsThatTake("text", rows).join("|")})
      _files
      return ;;
  esac
  case "\${words[2]}" in
${rows.map((row) => `    ${row.name}) options=(${optionNames(row)}) first=(${row.words.join(" ")}) ;;`).join("\n")}
  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then
    compadd -- $options
  else
    (( CURRENT == 3 )) && compadd -- $first
    compadd -- specs/*.y(a|)ml(N)
    _files
  fi
}
compdef _steerform steerform`;

const fish: CompletionScript = (rows) => {
  const lines = rows.flatMap(({ name, summary, options, words }) => {
    const after = `complete -c steerform -n '__fish_seen_subcommand_from ${name}'`;
    return [
      `complete -c steerform -n __fish_use_subcommand -f -a ${name} -d ${quoted(summary)}`,
      ...(words.length > 0 ? [`${after} -a '${words.join(" ")}'`] : []),
      ...options.map(({ name: option, takes }) => {
        const value = { nothing: "", tasks: " -x -a '(steerform completion tasks 2>/dev/null)'", text: " -r" }[takes];
        return `${after} -l ${option.replace("--", "")}${value}`;
      }),
    ];
  });
  const specs = "complete -c steerform -n 'not __fish_use_subcommand' -a '(path filter -f specs/*.yaml specs/*.yml)'";
  return ["# steerform completion fish | source", ...lines, specs].join("\n");
};

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

export const COMPLETION_SCRIPTS: Readonly<Record<string, CompletionScript>> = { bash, zsh, fish };
