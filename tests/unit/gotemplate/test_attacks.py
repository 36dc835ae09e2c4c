"""What hostile authors try with the template language itself, each case by its name."""

import pytest

from clusterimport.engine.evaluation import FUNCTIONS
from clusterimport.gotemplate.errors import GoTemplateError, ParseError, RefusedFunctionError
from clusterimport.gotemplate.functions import Refused
from clusterimport.gotemplate.sprig import refused
from clusterimport.gotemplate.template import Template

CANARY = "canary4711"

UNKNOWN = [
    "include", "tpl", "lookup", "readFile", "readDir", "fileExists", "glob", "getFile", "exec",
    "sh", "shell", "system", "os", "open", "http", "httpGet", "curl", "dns", "resolve", "time",
    "sleep", "random", "rand", "uuid", "uuidv5", "hostname", "getenv", "environ", "user", "pid",
    "import", "eval", "getattr", "format", "attr", "map", "mapattr", "self", "config", "cycler",
    "joiner", "namespace", "lipsum", "request", "dump", "debug", "sha512sum", "toDuration",
]  # fmt: skip
"""What other engines offer, and Go with sprig 3.2.2 does not."""

DEAD = [
    "{{{{ {} }}}}",
    "{{{{ if false }}}}{{{{ {} }}}}{{{{ end }}}}",
    "{{{{ if true }}}}{{{{ else }}}}{{{{ . | {} }}}}{{{{ end }}}}",
    "{{{{ range nothing }}}}{{{{ end }}}}".replace("nothing", "list")
    + "{{{{ with . }}}}{{{{ else with ({} 1) }}}}{{{{ end }}}}",
    '{{{{ define "never" }}}}{{{{ print ({} "a") }}}}{{{{ end }}}}',
    "{{{{ and false ({}) }}}}",
    "{{{{ $x := {} }}}}",
]


@pytest.mark.parametrize("text", DEAD)
@pytest.mark.parametrize("name", sorted(refused.FUNCTIONS))
def test_a14_functions_that_reach_outside_are_refused_by_name(name, text):
    """Parsing fails with the name and the reason, wherever the function stands."""
    with pytest.raises(RefusedFunctionError) as caught:
        Template(text.format(name), functions=FUNCTIONS)

    entry = FUNCTIONS[name]
    assert isinstance(entry, Refused)
    assert caught.value.function == name
    assert caught.value.reason == entry.reason
    assert f'"{name}" is refused: {entry.reason}' in caught.value.safe_message
    assert (caught.value.stage, caught.value.line) == ("parse", 1)


@pytest.mark.parametrize("name", UNKNOWN)
def test_a14_functions_of_other_engines_do_not_exist(name):
    """A name that is no function is an error of parsing, in dead branches as well."""
    for text in DEAD:
        with pytest.raises(ParseError, match=f'function "{name}" not defined'):
            Template(text.format(name), functions=FUNCTIONS)


PAYLOADS = [
    "{{ __class__ }}",
    "{{ ''.__class__ }}",
    '{{ "".__class__.__mro__ }}',
    '{{ "".__class__.__base__.__subclasses__() }}',
    '{{ ("").__class__ }}',
    '{{ ("a").upper }}',
    "{{ [].__class__ }}",
    "{{ ().__class__.__bases__ }}",
    "{{ {}.__class__ }}",
    "{{ (list).__class__ }}",
    "{{ (list 1).append 2 }}",
    "{{ (list 1).__len__ }}",
    "{{ (dict).__init__.__globals__ }}",
    "{{ (dict).keys }}",
    '{{ (dict "a" 1).items }}',
    "{{ .__class__ }}",
    "{{ .__class__.__mro__ }}",
    "{{ .__init__.__globals__ }}",
    "{{ .source.__class__.__mro__ }}",
    "{{ .source.__dict__ }}",
    "{{ .source.keys }}",
    "{{ .source.get }}",
    "{{ .source.pop }}",
    "{{ .source.update . }}",
    "{{ $.__class__ }}",
    "{{ $.source.__getattribute__ }}",
    "{{ .source.text.__class__ }}",
    "{{ .source.text.format . }}",
    "{{ .source.text.encode }}",
    "{{ .source.number.__class__ }}",
    "{{ .source.number.real }}",
    "{{ .source.number.to_bytes 8 }}",
    "{{ .source.list.__class__ }}",
    "{{ .source.list.append 1 }}",
    "{{ .source.list.0 }}",
    "{{ .source.flag.__class__ }}",
    "{{ .source.none.__class__ }}",
    '{{ index . "__class__" }}',
    '{{ index .source "__dict__" }}',
    '{{ index .source.text "__class__" }}',
    '{{ get .source "__class__" }}',
    '{{ dig "__class__" "__mro__" "none" .source }}',
    '{{ pluck "__class__" .source }}',
    '{{ printf "{0.__class__}" 1 }}',
    '{{ printf "%(source)s" 1 }}',
    '{{ printf "%s" .__class__ }}',
    '{{ "{0.__class__.__mro__}" }}',
    '{{ "{0.__class__}".format . }}',
    '{{ "%s" % 1 }}',
    "{{ .source|attr('__class__') }}",
    '{{ .source | attr "__class__" }}',
    "{{ .source|map('upper') }}",
    "{{ self.__init__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ config.items() }}",
    "{{ request.application.__globals__ }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ lipsum.__globals__ }}",
    "{{ get_flashed_messages.__globals__ }}",
    "{{ url_for.__globals__ }}",
    "{{ import os }}",
    "{{ __import__('os').system('id') }}",
    '{{ __import__ "os" }}',
    "{{ eval '1+1' }}",
    '{{ exec "id" }}',
    "{{ open('/etc/passwd').read() }}",
    "{{ lambda: 1 }}",
    "{{ 7*7 }}",
    "{{ [x for x in ()] }}",
    '{{ call "id" }}',
    "{{ call .source.text }}",
    '{{ call (print "x") }}',
    "{{ (semver `1.2.3`).__class__ }}",
    "{{ (semver `1.2.3`).go_string }}",
    "{{ (semver `1.2.3`).compare }}",
    "{{ (semver `1.2.3`)._replace }}",
    "{{ (toDate `2006` `2020`).__init__ }}",
    "{{ (toDate `2006` `2020`).zone }}",
    "{{ (toDate `2006` `2020`).civil }}",
    "{{ (toDate `2006` `2020`).Location.rules }}",
    "{{ (until 3).__class__ }}",
    "{{ (split `,` `a,b`).__class__ }}",
    '{{ template "__class__" }}',
    "{{ $__class__ }}",
    "{{ .source.metadata.__class__.__init__.__globals__.sys.modules.os.environ }}",
]
"""From collections for Jinja, Mako, Django and str.format, put into Go's syntax where they fit."""

OTHER_SYNTAX = ["{% import os %}", "${7*7}", "<%= 7*7 %>", "#{7*7}", "{0.__class__}", "%(a)s", "$a"]

DATA = {
    "source": {
        "text": "hello",
        "number": 5,
        "list": [1],
        "flag": True,
        "none": None,
        "metadata": {"name": "n"},
        "secret": CANARY,
    }
}
HARMLESS = {
    "", "<no value>", "none", "[]", "{0.__class__.__mro__}", "{0.__class__}%!(EXTRA int=1)",
    "%!((int=1)source)s", "%!s(<nil>)",
}  # fmt: skip
"""A missing key, and what Go itself prints; none of it came from Python."""


def test_a16_there_are_enough_payloads():
    """The corpus has at least fifty different payloads."""
    assert len(set(PAYLOADS)) >= 50


def _outcome(payload):
    """Return the output and the error of a payload, one of which is there."""
    try:
        return Template(payload, functions=FUNCTIONS).render(DATA), None
    except GoTemplateError as error:
        return None, error


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a16_no_payload_reaches_an_object_of_python(payload):
    """Each is an error, or reads a key that the data does not have, as in Go."""
    output, error = _outcome(payload)

    assert output is None or output in HARMLESS
    if error is not None:
        assert CANARY not in error.safe_message
        assert "object at 0x" not in error.message
        assert "<class" not in error.message


@pytest.mark.parametrize("payload", [*PAYLOADS, *OTHER_SYNTAX])
def test_a16_a_payload_in_the_data_is_data(payload):
    """What a value contains is printed and never looked at."""
    data = {"source": {"value": payload, payload: "x"}}

    assert Template("{{ .source.value }}", functions=FUNCTIONS).render(data) == payload
    assert Template('{{ printf "%s" .source.value }}').render(data) == payload
    assert Template("{{ range $k, $v := .source }}{{ $v }}{{ end }}").render(data) in {
        payload + "x",
        "x" + payload,
    }


@pytest.mark.parametrize("text", OTHER_SYNTAX)
def test_a16_the_syntax_of_other_engines_is_text(text):
    """Outside of Go's delimiters nothing is a template."""
    assert Template(text).render(DATA) == text


def test_a16_a_data_key_may_look_like_an_attribute():
    """Such a name is a key like any other, and gives what the data has."""
    assert Template("{{ .__class__.__mro__ }}").render({"__class__": {"__mro__": "x"}}) == "x"
