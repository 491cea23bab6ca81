import type { Shell } from './shells.js';

/**
 * Completion scripts, which a shell sources once. Each runs `stowage complete -- WORD…`, which prints a line
 * `value<TAB>description` for each suggestion for the last word; without suggestions the shell completes paths.
 */
export const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `_stowage() {
  local line=\${COMP_LINE:0:COMP_POINT} words cur IFS
  IFS=$' \\t' read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  cur=\${words[\${#words[@]}-1]}
  IFS=$'\\n'
  COMPREPLY=($(stowage complete -- "\${words[@]:1}" 2> /dev/null | cut -f 1))
  # bash splits words at = and :, so drop what stands before them
  [[ $cur == *[:=]* ]] && COMPREPLY=("\${COMPREPLY[@]#"\${cur%"\${cur##*[:=]}"}"}")
}
complete -o bashdefault -o default -F _stowage stowage
`,
  zsh: `#compdef stowage
_stowage() {
  local -a lines found
  local line
  lines=("\${(@f)$(stowage complete -- "\${(@)words[2,CURRENT]}" 2> /dev/null)}")
  for line in $lines; do
    found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  if (( $#found )); then
    _describe -t values stowage found
  else
    _files
  fi
}
compdef _stowage stowage
`,
  fish: `complete -c stowage -n __fish_use_subcommand -f
complete -c stowage -a '(stowage complete -- (commandline -opc)[2..] (commandline -ct) 2> /dev/null)'
`,
  powershell: `Register-ArgumentCompleter -Native -CommandName stowage -ScriptBlock {
  param($word, $ast, $position)
  $words = @($ast.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
  if ($word -eq '') { $words += '""' }
  stowage complete -- @words | ForEach-Object {
    $value, $about = $_ -split "\`t", 2
    if (-not $about) { $about = $value }
    [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $about)
  }
}
`,
};
