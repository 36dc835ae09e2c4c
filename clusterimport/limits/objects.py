"""Objects of others, and how much is kept of them."""

from typing import Final, NamedTuple


class Bounds(NamedTuple):
    """How much of one object is read; managedFields and last-applied are not counted."""

    size_bytes: int
    """Of its JSON."""
    values: int
    """Maps, lists, and what stands in them; what a decoded object's memory depends on."""
    depth: int
    """Levels of maps and lists in each other."""


SOURCE_BOUNDS: Final = Bounds(size_bytes=1024 * 1024, values=20_000, depth=64)
"""A source or reference: what tenants write.

The largest real ones are Karmada's Clusters with the types of a member cluster in their status:
300 KB and 5 000 values; one of Cluster API has 10 KB and 300 values, and a dozen levels. The worst
that these bounds let through takes 9 MiB when it is decoded: 20 000 maps of one member each (184
bytes), with names of 43 characters of which one is outside the BMP (76 bytes and four for each);
that is 1 MiB of JSON. Decoded objects are not held while anything is waited for, so one
evaluation's source and references are all there is at a time, whatever the number of workers.
"""

OWN_BOUNDS: Final = Bounds(size_bytes=4 * 1024 * 1024, values=100_000, depth=64)
"""An object of our own three types, which no tenant writes.

A PediaCluster's status names every type of its cluster, fifteen values each, and a cluster full of
providers has 2 000 of them.
"""

NAMESPACE_SOURCE_BYTES: Final = 96 * 1024 * 1024
"""Most bytes of JSON that is kept of the sources of one namespace; default of a flag.

30 000 clusters of Cluster API have 60 MiB. It is kept deflated, and counted as it is when somebody
looks: what deflates to next to nothing costs as much to look at as anything else.
"""

NAMESPACE_REFERENCE_BYTES: Final = 48 * 1024 * 1024
"""Most bytes of JSON that is kept of one namespace's references that a `labelSelector` takes.

8 000 kubeconfigs of 5.5 KB. What is beyond is read when it is needed, as without a selector: that
costs a request, and nothing else.
"""

LABEL_SELECTOR_CHARACTERS: Final = 4096
"""Longest label selector in the server's notation, which goes into the address of each request."""

LIST_PAGE_BYTES: Final = 16 * 1024 * 1024
"""Most bytes of a page of a list; a larger one is asked for in smaller pages.

500 usual objects come to 3 MiB, and 500 of the largest to 700 MiB.
"""

LIST_BYTES: Final = 128 * 1024 * 1024
"""Most bytes of a list that the server can give only at one go."""

SHARED_READ_SECONDS: Final = 5.0
"""How long a reference that several lifecycles share is kept after it was read.

Looking at 1 500 of them takes about as long; then nobody wants it before it changes.
"""

SHARED_READ_BYTES: Final = 8 * 1024 * 1024
"""Most bytes of shared references at a time; beyond it one is read again, which costs a request.

Eight of the largest that are read, or a thousand kubeconfigs.
"""

SHARED_READS: Final = 256
"""Most shared references at a time, which bounds the search for one to drop; as above."""

HANDED_OVER_BYTES: Final = 4 * 1024 * 1024
"""Most bytes of credentials that were written and wait for who looks after their clusters' health.

That takes a moment; of five hundred that wait the oldest is dropped, and read again for a request.
"""

FAILING_OBJECTS: Final = 3
"""So many objects of a type whose writes are answered by 5xx in a row are the server's fault.

Fewer may be their own: a webhook can fail because of what it is asked about. From then on one of
them tries, with back-off, and the others wait. Counted as ``ACCESS``, as is a missing right.
"""

SHARED_TEXTS: Final = 65_536
"""Texts that one process shares; beyond it the table starts over, so that it cannot grow."""

SHARED_TEXT_CHARACTERS: Final = 128
"""Longer texts are hardly ever equal."""

SHARED_TEMPLATES_CHARACTERS: Final = 4 * 1024 * 1024
"""Of templates that one process shares, beyond which that table starts over.

All lifecycles of a policy have its templates, 1 to 4 KiB: those of a thousand policies.
"""

SHARED_PARTS: Final = 256
"""Parts of objects that one process shares; beyond it the table starts over.

Equal ones come together, in one list: the references of a policy's lifecycles, their owner.
"""

SHARED_PART_BYTES: Final = 4096
"""Larger parts are hardly ever equal."""
