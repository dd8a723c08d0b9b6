"""`derive completion SHELL`: a static script; completing starts no Python."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from derive import catalogue
from derive.commands import COMMANDS, GOOD

NAMED = ("show", "latex", "verify")

BASH = """\
_derive() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}"
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "{commands}" -- "$word"))
    return
  fi
  case "${{COMP_WORDS[1]}}" in
    {named}) COMPREPLY=($(compgen -W "{names}" -- "$word") $(compgen -f -X '!*.py' -- "$word")) ;;
    list) COMPREPLY=($(compgen -W "--topic --json {topics}" -- "$word")) ;;
  esac
}}
complete -F _derive derive
"""

ZSH = """\
#compdef derive
_derive() {{
  if (( CURRENT == 2 )); then
    compadd -- {commands}
    return
  fi
  case "$words[2]" in
    {named}) compadd -- {names}; _files -g '*.py' ;;
    list) compadd -- --topic --json {topics} ;;
  esac
}}
compdef _derive derive
"""

FISH = """\
complete -c derive -f
complete -c derive -n __fish_use_subcommand -a "{commands}"
complete -c derive -n "__fish_seen_subcommand_from {words}" -a "{names}"
complete -c derive -n "__fish_seen_subcommand_from list" -l topic -a "{topics}"
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}


def arguments(parser: ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("shell", choices=tuple(SCRIPTS), help="the shell that is to complete")


def run(options: Namespace) -> int:
    """Print the script."""
    script = SCRIPTS[options.shell].format(
        commands=" ".join(COMMANDS),
        named="|".join(NAMED),
        words=" ".join(NAMED),
        names=" ".join(catalogue.entries()),
        topics=" ".join(catalogue.topics()),
    )
    print(script, end="")
    return GOOD
