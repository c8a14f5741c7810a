#!/bin/sh
# Records a walk through a model as asciicast v2: what is typed, and what the terminal shows.
#   sh examples/walk.sh FILE.cast     from the repository's folder; asciinema play FILE.cast shows it
# The keys are typed into the program on a terminal of its own (script, of util-linux).
set -e
cast=${1:?sh examples/walk.sh FILE.cast}
state=$(mktemp -d) # the history of this walk is not yours
trap 'rm -rf "$state"' EXIT

letters() { # as a person types
  rest=$1
  while [ "$rest" ]; do
    tail=${rest#?}
    printf '%s' "${rest%"$tail"}"
    rest=$tail
    sleep 0.05
  done
}
line() { letters "$1"; sleep 0.3; printf '\r'; sleep "${2:-1.5}"; }
keys() { for key in "$@"; do printf "$key"; sleep 0.5; done; }

{
  sleep 1
  printf 'record "%s" idle=2 title="gaze: a walk through DeBERTa"\r' "$cast"
  sleep 0.5
  line 'run "The cat sat on the mat because it was tired."' 1
  line 'L2.H1' 2
  line 'view' 1.5
  keys '\033[B' '\033[B' '\033[B' '\033[C' '\033[C' '\033[C' '\033[C'
  sleep 1
  keys m m
  sleep 1
  keys M M g
  sleep 1
  keys '\033[B' '\033[C' '\r'
  sleep 1
  keys r
  sleep 1.2
  keys q q
  sleep 0.5
  line 'history' 2.5
  line 'quit' 0.5
} | XDG_STATE_HOME="$state" TERM=xterm-256color COLORTERM=truecolor SOURCE_DATE_EPOCH=0 \
  script -qec "stty rows 30 cols 100; ${GAZE:-build/gaze} -X deberta-v1-tiny" /dev/null >/dev/null
[ -s "$cast" ]
