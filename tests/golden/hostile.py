"""Templates that would cost without end, for the tests of limits and for a benchmark of them.

`python -m tests.golden.hostile` prints how much processor time each takes until its error, best of
several; no test looks at a clock.
"""

import time
from typing import Final

from clusterimport.engine.evaluation import FUNCTIONS
from clusterimport.gotemplate.errors import GoTemplateError
from clusterimport.gotemplate.template import Template

_ROUNDS: Final = 5
_LIST: Final = "{{ $l := list 1 }}{{ range until 90 }}{{ $l = list $l $l }}{{ end }}"
_MAP: Final = '{{ $l := dict "a" 1 }}{{ range until 90 }}{{ $l = dict "a" $l "b" $l }}{{ end }}'
_CYCLE: Final = '{{ $l := dict }}{{ $_ := set $l "a" (list $l $l) }}'


def _for_ever(body: str, before: str = "") -> str:
    return f"{before}{{{{ range 1000000000 }}}}{body}{{{{ end }}}}"


def _call(call: str, before: str = "") -> str:
    return _for_ever(f"{{{{ $x := {call} }}}}", before)


def _long(text: str, times: int = 4000) -> str:
    return f'{{{{ $s := repeat {times} "{text}" }}}}'


_TOO_LARGE: Final = {
    "repeat": '{{ repeat 1000000000 "ab" }}',
    "repeat twice": '{{ repeat 100000 (repeat 100000 "ab") }}',
    "until": "{{ until 1000000000 }}",
    "until step": "{{ untilStep 0 1000000000 1 }}",
    "seq": "{{ seq 1 1000000000 }}",
    "indent": '{{ indent 1000000000 "a" }}',
    "nindent": '{{ repeat 1000 "\\n" | nindent 100000 }}',
    "width": '{{ printf "%9999999d" 1 }}{{ printf "%999999d%999999d" 1 1 }}',
    "many directives": '{{ printf (repeat 500000 "%d") }}',
    "many brackets": '{{ printf (repeat 300000 "%[") 1 }}',
    "digits": '{{ float64 (printf "%sx" (repeat 900000 "9")) }}{{ repeat 1000000 "a" }}'
    '{{ $s := repeat 1000000 "a" }}{{ $s }}{{ $s }}{{ $s }}{{ $s }}',
    "json": '{{ fromJson (repeat 1000000 "[") }}',
    "yaml": '{{ fromYaml (repeat 900000 "[") }}',
    "yaml keys": '{{ fromYaml (repeat 100000 "? ") }}',
    "constraint": '{{ semverCompare (repeat 100000 ">1 ") "1.0.0" }}',
    "expression": '{{ regexFindAll "[^x]" (repeat 1000000 "a") -1 }}',
    "layout": '{{ toDate (repeat 100000 "2006 ") (repeat 100000 "2006 ") }}',
    "wrap": '{{ wrap 1 (repeat 500000 "a ") }}',
}
_GROWING: Final = {
    "doubled text": '{{ $s := "ab" }}{{ range until 64 }}{{ $s = print $s $s }}{{ end }}',
    "doubled list": "{{ $l := list 1 }}{{ range 60 }}{{ $l = concat $l $l }}{{ end }}",
    "map in itself": '{{ $d := dict "s" "a" }}'
    '{{ range 100 }}{{ $_ := set $d "s" (print $d.s $d) }}{{ end }}',
    "appending": _for_ever("{{ $l = append $l 1 }}", "{{ $l := list }}"),
    "setting": "{{ $d := dict }}{{ range $i := until 100000 }}{{ $_ := set $d (toString $i) 1 }}"
    "{{ end }}",
    "base64": '{{ $s := "a" }}{{ range 100 }}{{ $s = b64enc $s }}{{ end }}',
    "output": _for_ever("{{ $s }}", _long("a")),
}
_SHARED: Final = {
    f"{kind} {call}": f"{value}{{{{ {call} }}}}"
    for kind, value in (("list", _LIST), ("map", _MAP), ("cycle", _CYCLE))
    for call in (
        "$l",
        "quote $l",
        "toJson $l",
        "toPrettyJson $l",
        "toYaml $l",
        'printf "%#v %d" $l $l',
        "deepCopy $l",
        "deepEqual $l (deepCopy $l)",
        "toKubeconfig (dict `clusters` $l)",
        "uniq (list $l $l 1)",
    )
}
_REPEATED: Final = {
    "ranges": _for_ever(_for_ever("x")),
    "empty ranges": _for_ever(_for_ever("")),
    "jumps": _for_ever("{{ range 1 }}{{ break }}{{ end }}"),
    "fields": _for_ever("{{ $x := $" + ".a" * 1900 + " }}"),
    "branches": _for_ever("{{if .}}{{end}}" * 800),
    "assignments": _for_ever("{{$x = 1}}" * 800, "{{ $x := 0 }}"),
    "arguments": _call("dict" + " 1" * 2900),
    "floats": _call("maxf" + " 1" * 2900),
    "methods": _call("$v.UTC.UTC.UTC.String", '{{ $v := toDate "2006" "2020" }}'),
    "method": _call("$v.Format $s", '{{ $v := toDate "2006" "2020" }}' + _long("2006")),
    "printf": _call('printf "%s %d %v %q" "a" 1 2 "b"'),
    "percents": _call("printf $s", _long("%")),
    "padding": _call('printf "%9999d" 1'),
    "escapes": _call('printf "%+q" $s', _long("ä")),
    "expressions": _call('regexMatch "(a*)*b" $s', _long("a")),
    "versions": _call('semverCompare ">=1.2.3-0 <2.0.0 || ^3" "1.5.0"'),
    "dates": _call('dateInZone "2006-01-02T15:04:05Z07:00" 1600000000 "Europe/Berlin"'),
    "decimals": _call("divf 1 3"),
    "numbers": _call("int64 $s", _long("1_")),
    "words": _call("snakecase $s", _long("aB")),
    "short words": _call('kebabcase "HTTPServer2xx"'),
    "letters": _call("swapcase $s", _long("ä")),
    "quotes": _call("quote $s", _long("\\x01")),
    "markup": _call("html $s", _long("<")),
    "script": _call("js $s", _long("<")),
    "splitting": _call('splitn "," -1 $s', _long("a,")),
    "lists": _call("without $l 1 2 3", "{{ $l := until 3000 }}"),
    "strings": _call("toStrings $l", "{{ $l := until 3000 }}"),
    "json text": _call("toJson $s", _long("ä<")),
    "yaml text": _call('fromYaml "a: [1, {b: c}]"'),
    "kubeconfigs": _call('toKubeconfig (dict "server" "https://a")'),
    "urls": _call('urlParse "https://u:p@h:6443/a%20b?c=d#e"'),
}
_TEMPLATES: Final = {
    "itself": '{{ define "t" }}{{ template "t" . }}{{ end }}{{ template "t" . }}',
    "itself twice": '{{ define "t" }}{{ template "t" . }}{{ template "t" . }}{{ end }}'
    '{{ template "t" . }}',
    "each other": '{{ define "a" }}{{ template "b" . }}{{ end }}'
    '{{ define "b" }}{{ template "a" . }}{{ end }}{{ template "a" . }}',
    "itself in blocks": '{{ define "t" }}{{ with . }}{{ range 1 }}{{ template "t" 1 }}{{ end }}'
    '{{ end }}{{ end }}{{ template "t" 1 }}',
}
_TEXTS: Final = {
    "delimiters": "{{" * 524_288,
    "some delimiters": "{{" * 60_000,
    "parentheses": "{{ " + "(" * 100_000,
    "blocks": "{{if 1}}" * 10_000,
    "actions": "{{1}}" * 20_000,
    "pipes": "{{ 1" + "|print" * 15_000 + " }}",
    "literals": "{{ print" + " 1" * 50_000 + " }}",
    "number": "{{ " + "9" * 120_000 + " }}",
    "name": "{{ " + "ä" * 60_000 + " }}",
    "character": "{{ '" + "a" * 120_000 + "' }}",
    "unclosed": "{{ \n" * 30_000,
    "definitions": '{{define "a"}}{{end}}' * 6000,
    "variables": "".join(f"{{{{$a{i}:=1}}}}" for i in range(5000)),
    "straight on": '{{$x := kebabcase "HTTPServer2xxFooBar"}}' * 900,
}

CASES: Final = {
    f"{group}: {name}": text
    for group, cases in (
        ("large", _TOO_LARGE),
        ("growing", _GROWING),
        ("shared", _SHARED),
        ("repeated", _REPEATED),
        ("template", _TEMPLATES),
        ("text", _TEXTS),
    )
    for name, text in cases.items()
}
"""Name to template; none renders to its end."""


def run(text: str) -> str:
    """Parse and render with all functions and the usual limits."""
    return Template(text, functions=FUNCTIONS).render({})


def _milliseconds(text: str) -> tuple[float, str]:
    best, end = float("inf"), "no error"
    for _ in range(_ROUNDS):
        start = time.process_time()
        try:
            run(text)
        except GoTemplateError as error:
            end = error.safe_message
        best = min(best, time.process_time() - start)
    return best * 1000, end


if __name__ == "__main__":
    for name, text in CASES.items():
        milliseconds, end = _milliseconds(text)
        print(f"{milliseconds:7.1f} ms  {name:40} {end[-60:]}")
