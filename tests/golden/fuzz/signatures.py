"""What every function takes and gives, as far as it helps to call it sensibly.

One line for each way to call a function: its name, its parameters, `>`, its result. A `*` behind
the last parameter means none or some of it. Parameters and results are kinds of values; those that
are families of `words` mean texts of that family.
"""

from random import Random
from typing import Final, NamedTuple

# Kinds of values: any, text, int (Go's own), int64, float, number (any of these, or a text of
# one), bool, list, texts ([]string), dict, textmap (map[string]string), semver, time, small,
# index, format.
_TABLE: Final = """
and any any* > any
or any any* > any
not any > bool
eq any any* > bool
eq text text > bool
eq number number > bool
eq int64 int int > bool
ne text text > bool
ne number number > bool
ne any any > bool
lt number number > bool
lt text text > bool
le number number > bool
le int64 int > bool
gt number number > bool
gt text text > bool
ge number number > bool
call any any* > any
html any* > text
html text > text
js any* > text
js text > text
urlquery any* > text
urlquery text > text
len list > int
len text > int
len dict > int
index list index > any
index dict key > any
index textmap key > text
index text index > int
index any any* > any
print any* > text
println any* > text
printf format any* > text
printf format any any > text
printf format any > text

hello > text
upper text > text
lower text > text
title text > text
untitle text > text
trim text > text
trimAll separator text > text
trimall separator text > text
trimPrefix separator text > text
trimSuffix separator text > text
repeat small text > text
replace separator text text > text
contains separator text > bool
hasPrefix separator text > bool
hasSuffix separator text > bool
substr index index text > text
trunc index text > text
abbrev small text > text
abbrevboth small small text > text
wrap small text > text
wrapWith small separator text > text
indent small text > text
nindent small text > text
quote any* > text
squote any* > text
cat any* > text
nospace text > text
initials text > text
swapcase text > text
snakecase text > text
kebabcase text > text
camelcase text > text
plural text text int > text
sha1sum text > text
sha256sum text > text
adler32sum text > text
toString any > text
toStrings any > texts
toStrings list > texts
join separator any > text
join separator list > text
sortAlpha any > texts
sortAlpha list > texts
split separator text > textmap
splitn separator index text > textmap
splitList separator text > texts

atoi numeric > int
int number > int
int any > int
int64 number > int64
int64 any > int64
float64 number > float
float64 any > float
toDecimal octal > int64
toDecimal any > int64
add number number* > int64
add1 number > int64
sub number number > int64
mul number number* > int64
div number number > int64
mod number number > int64
max number number* > int64
min number number* > int64
biggest number number* > int64
addf number number* > float
add1f number > float
subf number number* > float
mulf number number* > float
divf number number* > float
maxf number number* > float
minf number number* > float
ceil number > float
floor number > float
round number small > float
round number small number > float
seq small > text
seq small small > text
seq small small small > text
until small > list
untilStep small small small > list

default any any > any
default text any > any
empty any > bool
coalesce any* > any
all any* > bool
any any* > bool
ternary any any bool > any
fail text > any

fromJson json > any
mustFromJson json > any
toJson any > text
mustToJson any > text
toPrettyJson any > text
mustToPrettyJson any > text
toRawJson any > text
mustToRawJson any > text

kindOf any > text
kindIs kind any > bool
typeOf any > text
typeIs type any > bool
typeIsLike type any > bool
deepEqual any any > bool
deepCopy any > any
mustDeepCopy any > any

list any* > list
tuple any* > list
first list > any
last list > any
rest list > list
initial list > list
append list any > list
push list any > list
prepend list any > list
reverse list > list
uniq list > list
without list any* > list
has any list > bool
concat list* > list
chunk small list > list
compact list > list
mustFirst list > any
mustLast list > any
mustRest list > list
mustInitial list > list
mustAppend list any > list
mustPush list any > list
mustPrepend list any > list
mustReverse list > list
mustUniq list > list
mustWithout list any* > list
mustHas any list > bool
mustChunk small list > list
mustCompact list > list

dict key any key any > dict
dict key any > dict
dict any* > dict
get dict key > any
set dict key any > dict
unset dict key > dict
hasKey dict key > bool
pluck key dict* > list
pick dict key* > dict
omit dict key* > dict
dig key any dict > any
dig key key any dict > any
dig any any* > any
merge dict dict* > dict
mergeOverwrite dict dict* > dict
mustMerge dict dict* > dict
mustMergeOverwrite dict dict* > dict

b64enc text > text
b64dec base64 > text
b32enc text > text
b32dec base32 > text
base path > text
dir path > text
clean path > text
ext path > text
isAbs path > bool
osBase path > text
osDir path > text
osClean path > text
osExt path > text
osIsAbs path > bool

regexMatch pattern text > bool
mustRegexMatch pattern text > bool
regexFind pattern text > text
mustRegexFind pattern text > text
regexFindAll pattern text index > texts
mustRegexFindAll pattern text index > texts
regexReplaceAll pattern text replacement > text
mustRegexReplaceAll pattern text replacement > text
regexReplaceAllLiteral pattern text replacement > text
mustRegexReplaceAllLiteral pattern text replacement > text
regexSplit pattern text index > texts
mustRegexSplit pattern text index > texts
regexQuoteMeta text > text

semver version > semver
semverCompare constraint version > bool
urlParse url > dict
urlJoin dict > text
duration duration > text
duration number > text
durationRound duration > text
durationRound number > text
toDate layout date > time
toDate layout stamp > time
mustToDate layout date > time
unixEpoch time > text
dateModify duration time > time
date_modify duration time > time
mustDateModify duration time > time
must_date_modify duration time > time
date layout time > text
htmlDate time > text
dateInZone layout time zone > text
date_in_zone layout time zone > text
htmlDateInZone time zone > text
"""

# Their rules need an argument of their own; `expressions` writes them.
SPECIAL: Final = frozenset({"keys", "values", "slice", "mustSlice"})
PLAIN_KINDS: Final = (
    "text", "int", "int64", "float", "bool", "list", "texts", "dict", "textmap", "semver", "time",
    "nothing",
)  # fmt: skip


class Signature(NamedTuple):
    """One way to call a function; `variadic`: the last parameter any number of times."""

    name: str
    params: tuple[str, ...]
    variadic: bool
    result: str


def _read() -> tuple[Signature, ...]:
    found = []
    for line in _TABLE.split("\n"):
        call, arrow, result = line.partition(" > ")
        if arrow:
            name, *params = call.split()
            variadic = bool(params) and params[-1].endswith("*")
            found.append(Signature(name, tuple(p.rstrip("*") for p in params), variadic, result))
    return tuple(found)


SIGNATURES: Final = _read()
NAMES: Final = sorted({signature.name for signature in SIGNATURES} | SPECIAL)
_BY_NAME: Final = {name: [s for s in SIGNATURES if s.name == name] for name in NAMES}


def chosen(random: Random, kind: str) -> Signature:
    """Return a call that gives the kind, or may give it; of `any` kind, each function as often."""
    if kind == "any":
        return random.choice(random.choice(_CALLED))
    found = _RESULTS["any"] if random.random() < 0.2 else _RESULTS.get(kind)
    return random.choice(found or SIGNATURES)


_CALLED: Final = [found for found in _BY_NAME.values() if found]
_RESULTS: Final = {
    kind: [s for s in SIGNATURES if s.result == kind] for kind in ("any", *PLAIN_KINDS)
}
