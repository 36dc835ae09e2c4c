"""URLs, against Go's own answers."""

# ruff: noqa: E501 - the texts are as long as Go writes them

import pytest

from tests.fakes.gotemplate import goanswers


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        (
            'urlParse "https://u:p@h:8443/a/b?x=1#f" | toJson',
            '{"fragment":"f","host":"h:8443","hostname":"h","opaque":"","path":"/a/b","query":"x=1","scheme":"https","userinfo":"u:p"}',
        ),
        (
            'urlParse "https://u@h" | toJson',
            '{"fragment":"","host":"h","hostname":"h","opaque":"","path":"","query":"","scheme":"https","userinfo":"u"}',
        ),
        (
            'urlParse "https://u:@h" | toJson',
            '{"fragment":"","host":"h","hostname":"h","opaque":"","path":"","query":"","scheme":"https","userinfo":"u:"}',
        ),
        (
            'urlParse "https://us%40er:p%3Ass@h" | toJson',
            '{"fragment":"","host":"h","hostname":"h","opaque":"","path":"","query":"","scheme":"https","userinfo":"us%40er:p%3Ass"}',
        ),
        (
            'urlParse "https://[::1]:6443/api" | toJson',
            '{"fragment":"","host":"[::1]:6443","hostname":"::1","opaque":"","path":"/api","query":"","scheme":"https","userinfo":""}',
        ),
        (
            'urlParse "http://[fe80::1%25eth0]/" | toJson',
            '{"fragment":"","host":"[fe80::1%eth0]","hostname":"fe80::1%eth0","opaque":"","path":"/","query":"","scheme":"http","userinfo":""}',
        ),
        (
            'urlParse "http://[1::2:3]:" | toJson',
            '{"fragment":"","host":"[1::2:3]:","hostname":"1::2:3","opaque":"","path":"","query":"","scheme":"http","userinfo":""}',
        ),
        (
            'urlParse "http://[::1.2.3.4]" | toJson',
            '{"fragment":"","host":"[::1.2.3.4]","hostname":"::1.2.3.4","opaque":"","path":"","query":"","scheme":"http","userinfo":""}',
        ),
        (
            'urlParse "http://[1:2:3:4:5:6:1.2.3.4]" | toJson',
            '{"fragment":"","host":"[1:2:3:4:5:6:1.2.3.4]","hostname":"1:2:3:4:5:6:1.2.3.4","opaque":"","path":"","query":"","scheme":"http","userinfo":""}',
        ),
        (
            'urlParse "http://[::]" | toJson',
            '{"fragment":"","host":"[::]","hostname":"::","opaque":"","path":"","query":"","scheme":"http","userinfo":""}',
        ),
        (
            'urlParse "http://[1:2:3:4:5:6:7::]" | toJson',
            '{"fragment":"","host":"[1:2:3:4:5:6:7::]","hostname":"1:2:3:4:5:6:7::","opaque":"","path":"","query":"","scheme":"http","userinfo":""}',
        ),
        (
            'urlParse "HTTP://H" | toJson',
            '{"fragment":"","host":"H","hostname":"H","opaque":"","path":"","query":"","scheme":"http","userinfo":""}',
        ),
        (
            'urlParse "mailto:joe@x" | toJson',
            '{"fragment":"","host":"","hostname":"","opaque":"joe@x","path":"","query":"","scheme":"mailto","userinfo":""}',
        ),
        (
            'urlParse "//h/p" | toJson',
            '{"fragment":"","host":"h","hostname":"h","opaque":"","path":"/p","query":"","scheme":"","userinfo":""}',
        ),
        (
            'urlParse "///p" | toJson',
            '{"fragment":"","host":"","hostname":"","opaque":"","path":"///p","query":"","scheme":"","userinfo":""}',
        ),
        (
            'urlParse "x:///p" | toJson',
            '{"fragment":"","host":"","hostname":"","opaque":"","path":"/p","query":"","scheme":"x","userinfo":""}',
        ),
        (
            'urlParse "*" | toJson',
            '{"fragment":"","host":"","hostname":"","opaque":"","path":"*","query":"","scheme":"","userinfo":""}',
        ),
        (
            'urlParse "" | toJson',
            '{"fragment":"","host":"","hostname":"","opaque":"","path":"","query":"","scheme":"","userinfo":""}',
        ),
        (
            'urlParse "http://h%25/" | toJson',
            '{"fragment":"","host":"h%","hostname":"h%","opaque":"","path":"/","query":"","scheme":"http","userinfo":""}',
        ),
        (
            'urlParse "a/b:c" | toJson',
            '{"fragment":"","host":"","hostname":"","opaque":"","path":"a/b:c","query":"","scheme":"","userinfo":""}',
        ),
        (
            'urlParse "http://h/a%2Fb%c3%a9?" | toJson',
            '{"fragment":"","host":"h","hostname":"h","opaque":"","path":"/a/bé","query":"","scheme":"http","userinfo":""}',
        ),
        (
            'urlParse "http://hé%c3%a9/" | toJson',
            '{"fragment":"","host":"héé","hostname":"héé","opaque":"","path":"/","query":"","scheme":"http","userinfo":""}',
        ),
        (
            'urlParse "mongodb://a:1,b:2/" | toJson',
            '{"fragment":"","host":"a:1,b:2","hostname":"a:1,b","opaque":"","path":"/","query":"","scheme":"mongodb","userinfo":""}',
        ),
        (
            'urlParse "http://h/é#%41" | toJson',
            '{"fragment":"A","host":"h","hostname":"h","opaque":"","path":"/é","query":"","scheme":"http","userinfo":""}',
        ),
        (
            'urlParse "1a/b" | toJson',
            '{"fragment":"","host":"","hostname":"","opaque":"","path":"1a/b","query":"","scheme":"","userinfo":""}',
        ),
    ],
)
def test_parsing(expression, output):
    """A URL is taken apart as by Go."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (
            'urlParse ":foo"',
            'error calling urlParse: unable to parse url: parse ":foo": missing protocol scheme',
        ),
        (
            'urlParse "1a:b"',
            'error calling urlParse: unable to parse url: parse "1a:b": first path segment in URL cannot contain colon',
        ),
        (
            'urlParse "http://h/%zz"',
            'error calling urlParse: unable to parse url: parse "http://h/%zz": invalid URL escape "%zz"',
        ),
        (
            'urlParse "http://h/%4"',
            'error calling urlParse: unable to parse url: parse "http://h/%4": invalid URL escape "%4"',
        ),
        (
            'urlParse "http://h#%zz"',
            'error calling urlParse: unable to parse url: parse "http://h#%zz": invalid URL escape "%zz"',
        ),
        (
            'urlParse "http://%41/"',
            'error calling urlParse: unable to parse url: parse "http://%41/": invalid URL escape "%41"',
        ),
        (
            'urlParse "http://a b/"',
            'error calling urlParse: unable to parse url: parse "http://a b/": invalid character " " in host name',
        ),
        (
            'urlParse "http://é\\x7f/"',
            'error calling urlParse: unable to parse url: parse "http://é\\x7f/": net/url: invalid control character in URL',
        ),
        (
            'urlParse "http://h:x/"',
            'error calling urlParse: unable to parse url: parse "http://h:x/": invalid port ":x" after host',
        ),
        (
            'urlParse "http://u p@h/"',
            'error calling urlParse: unable to parse url: parse "http://u p@h/": net/url: invalid userinfo',
        ),
        (
            'urlParse "http://u%zz@h/"',
            'error calling urlParse: unable to parse url: parse "http://u%zz@h/": invalid URL escape "%zz"',
        ),
        (
            'urlParse "http://u:%zz@h/"',
            'error calling urlParse: unable to parse url: parse "http://u:%zz@h/": invalid URL escape "%zz"',
        ),
        (
            'urlParse "http://x[::1]/"',
            'error calling urlParse: unable to parse url: parse "http://x[::1]/": invalid IP-literal',
        ),
        (
            'urlParse "http://[::1/"',
            "error calling urlParse: unable to parse url: parse \"http://[::1/\": missing ']' in host",
        ),
        (
            'urlParse "http://[::1]x/"',
            'error calling urlParse: unable to parse url: parse "http://[::1]x/": invalid port "x" after host',
        ),
        (
            'urlParse "http://[::1%25%zz]/"',
            'error calling urlParse: unable to parse url: parse "http://[::1%25%zz]/": invalid URL escape "%zz"',
        ),
        (
            'urlParse "http://[::1%25]/"',
            'error calling urlParse: unable to parse url: parse "http://[::1%25]/": invalid host: ParseAddr("::1%"): zone must be a non-empty string',
        ),
        (
            'urlParse "http://[::1%25a%20b%2f]/"',
            'error calling urlParse: unable to parse url: parse "http://[::1%25a%20b%2f]/": invalid URL escape "%2f"',
        ),
        (
            'urlParse "http://[1.2.3.4]/"',
            'error calling urlParse: unable to parse url: parse "http://[1.2.3.4]/": invalid IP-literal',
        ),
        (
            'urlParse "http://[1.2.3]/"',
            'error calling urlParse: unable to parse url: parse "http://[1.2.3]/": invalid host: ParseAddr("1.2.3"): IPv4 address too short',
        ),
        (
            'urlParse "http://[1.2.3.4.5]/"',
            'error calling urlParse: unable to parse url: parse "http://[1.2.3.4.5]/": invalid host: ParseAddr("1.2.3.4.5"): IPv4 address too long',
        ),
        (
            'urlParse "http://[1.2.3.256]/"',
            'error calling urlParse: unable to parse url: parse "http://[1.2.3.256]/": invalid host: ParseAddr("1.2.3.256"): IPv4 field has value >255',
        ),
        (
            'urlParse "http://[1.2.3.01]/"',
            'error calling urlParse: unable to parse url: parse "http://[1.2.3.01]/": invalid host: ParseAddr("1.2.3.01"): IPv4 field has octet with leading zero',
        ),
        (
            'urlParse "http://[1..3.4]/"',
            'error calling urlParse: unable to parse url: parse "http://[1..3.4]/": invalid host: ParseAddr("1..3.4"): IPv4 field must have at least one digit (at ".3.4")',
        ),
        (
            'urlParse "http://[1.2.3.a]/"',
            'error calling urlParse: unable to parse url: parse "http://[1.2.3.a]/": invalid host: ParseAddr("1.2.3.a"): unexpected character (at "a")',
        ),
        (
            'urlParse "http://[x]/"',
            'error calling urlParse: unable to parse url: parse "http://[x]/": invalid host: ParseAddr("x"): unable to parse IP',
        ),
        (
            'urlParse "http://[%25a]/"',
            'error calling urlParse: unable to parse url: parse "http://[%25a]/": invalid host: ParseAddr("%a"): missing IPv6 address',
        ),
        (
            'urlParse "http://[12345::]/"',
            'error calling urlParse: unable to parse url: parse "http://[12345::]/": invalid host: ParseAddr("12345::"): each group must have 4 or less digits (at "12345::")',
        ),
        (
            'urlParse "http://[:::]/"',
            'error calling urlParse: unable to parse url: parse "http://[:::]/": invalid host: ParseAddr(":::"): each colon-separated field must have at least one digit (at ":")',
        ),
        (
            'urlParse "http://[1::2::3]/"',
            'error calling urlParse: unable to parse url: parse "http://[1::2::3]/": invalid host: ParseAddr("1::2::3"): multiple :: in address (at ":3")',
        ),
        (
            'urlParse "http://[1:2]/"',
            'error calling urlParse: unable to parse url: parse "http://[1:2]/": invalid host: ParseAddr("1:2"): address string too short',
        ),
        (
            'urlParse "http://[1:2:]/"',
            'error calling urlParse: unable to parse url: parse "http://[1:2:]/": invalid host: ParseAddr("1:2:"): colon must be followed by more characters (at ":")',
        ),
        (
            'urlParse "http://[1:g]/"',
            'error calling urlParse: unable to parse url: parse "http://[1:g]/": invalid host: ParseAddr("1:g"): each colon-separated field must have at least one digit (at "g")',
        ),
        (
            'urlParse "http://[1g::]/"',
            'error calling urlParse: unable to parse url: parse "http://[1g::]/": invalid host: ParseAddr("1g::"): unexpected character, want colon (at "g::")',
        ),
        (
            'urlParse "http://[1:2:3:4:5:6:7:8:9]/"',
            'error calling urlParse: unable to parse url: parse "http://[1:2:3:4:5:6:7:8:9]/": invalid host: ParseAddr("1:2:3:4:5:6:7:8:9"): trailing garbage after address (at "9")',
        ),
        (
            'urlParse "http://[1::3:4:5:6:7:8:9]/"',
            'error calling urlParse: unable to parse url: parse "http://[1::3:4:5:6:7:8:9]/": invalid host: ParseAddr("1::3:4:5:6:7:8:9"): the :: must expand to at least one field of zeros',
        ),
        (
            'urlParse "http://[::2:3:4:5:6:7:8:9]/"',
            'error calling urlParse: unable to parse url: parse "http://[::2:3:4:5:6:7:8:9]/": invalid host: ParseAddr("::2:3:4:5:6:7:8:9"): the :: must expand to at least one field of zeros',
        ),
        (
            'urlParse "http://[1:2:3:4:5:6:7:8::]/"',
            'error calling urlParse: unable to parse url: parse "http://[1:2:3:4:5:6:7:8::]/": invalid host: ParseAddr("1:2:3:4:5:6:7:8::"): the :: must expand to at least one field of zeros',
        ),
        (
            'urlParse "http://[1:1.2.3.4]/"',
            'error calling urlParse: unable to parse url: parse "http://[1:1.2.3.4]/": invalid host: ParseAddr("1:1.2.3.4"): embedded IPv4 address must replace the final 2 fields of the address (at "1.2.3.4")',
        ),
        (
            'urlParse "http://[::2:3:4:5:6:7:8:1.2.3.4]/"',
            'error calling urlParse: unable to parse url: parse "http://[::2:3:4:5:6:7:8:1.2.3.4]/": invalid host: ParseAddr("::2:3:4:5:6:7:8:1.2.3.4"): too many hex fields to fit an embedded IPv4 at the end of the address (at "1.2.3.4")',
        ),
        (
            'urlParse "http://[::1.2.3]/"',
            'error calling urlParse: unable to parse url: parse "http://[::1.2.3]/": invalid host: ParseAddr("::1.2.3"): IPv4 address too short',
        ),
        (
            'urlParse "a\\x00b"',
            'error calling urlParse: unable to parse url: parse "a\\x00b": net/url: invalid control character in URL',
        ),
    ],
)
def test_parsing_fails(expression, message):
    """Bad URLs fail in the words of net/url and net/netip."""
    assert goanswers.failure(expression).endswith(f": {message}")


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        (
            'urlParse "https://u:p@h:8443/a b?x=1#f g" | urlJoin',
            "https://u:p@h:8443/a%20b?x=1#f%20g",
        ),
        ('urlJoin (dict "scheme" "https" "host" "h" "path" "p" "extra" 1)', "https://h/p"),
        ('urlJoin (dict "scheme" "https" "path" "p")', "https://p"),
        ('urlJoin (dict "scheme" "https")', "https:"),
        ('urlJoin (dict "host" "h" "path" "/p")', "//h/p"),
        ('urlJoin (dict "path" "a:b")', "./a:b"),
        ('urlJoin (dict "path" "//x")', "//x"),
        ('urlJoin (dict "path" "*")', "*"),
        ('urlJoin (dict "opaque" "o" "scheme" "s" "query" "q")', "s:o?q"),
        ('urlJoin (dict "userinfo" "u:p" "host" "h")', "//u:p@h"),
        ('urlJoin (dict "userinfo" "/x" "host" "h")', "//h"),
        ('urlJoin (dict "host" "hé" "path" "/é\\xff?#[")', "//h%C3%A9/%C3%A9%FF%3F%23%5B"),
        ("urlJoin .missing", ""),
    ],
)
def test_joining(expression, output):
    """A URL is put together with the escapes it needs."""
    assert goanswers.rendered(expression) == output


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (
            'urlJoin (dict "host" 1)',
            "error calling urlJoin: unable to parse host key, must be of type string, but int found",
        ),
        (
            'urlJoin (dict "host" nil)',
            "error calling urlJoin: runtime error: invalid memory address or nil pointer dereference",
        ),
        (
            'urlJoin (dict "userinfo" "us er" "host" "h")',
            'error calling urlJoin: unable to parse userinfo in dict: parse "proto://us er@host": net/url: invalid userinfo',
        ),
    ],
)
def test_joining_fails(expression, message):
    """Parts must be texts."""
    assert goanswers.failure(expression).endswith(f": {message}")
