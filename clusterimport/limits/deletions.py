"""Deletions without a person, within ten minutes.

Counted as ``DELETION_BUDGET``.
"""

from typing import Final

DELETIONS_AT_LEAST: Final = 5
"""Always allowed where a policy does not say otherwise, or three clusters could never lose one."""

DELETIONS_PERCENT: Final = 10
"""Part of a tenant's, and of a policy's, clusters that may go; a policy's ``maxDeletions`` says
otherwise."""

DELETIONS_AT_MOST: Final = 1000
"""Allowed of however many clusters, whatever a policy says: each is an entry in its status, and
nobody removes so many in ten minutes without knowing."""

DELETIONS_REMEMBERED: Final = 2 * DELETIONS_AT_MOST
"""Entries of ``status.deletions``: the policy's and one tenant's share; some 400 KiB at most."""

DELETION_SLICE_SECONDS: Final = 10.0
"""For how long candidates are looked at, or deleted, in one go. However many there are and however
slowly the server answers, what was found and done by then stays found and done."""

DELETIONS_AT_ONCE: Final = 8
"""Lifecycles of one tenant whose deletion is under way together; each takes three requests."""

FINDING_SECONDS: Final = 1.0
"""How old the look may be that justifies a deletion: of many, those that had to wait are looked at
once more just before they go."""

FACTS_SECONDS: Final = 10.0
"""For how long the server's answer about a policy, or a CRD, serves all whose deletion rests on it
and who asked before it was given."""

REJECTIONS_REMEMBERED: Final = 64
"""Entries of ``status.rejected``, some 100 bytes each; of more the next leader tells none again."""

HELD_NAMESPACES_SHOWN: Final = 256
"""Entries of ``status.heldDeletions``, some 100 bytes each; others follow as these go."""

RELEASES_REMEMBERED: Final = 16_384
"""Lifecycles in ``status.releasedDeletions`` of a policy, eleven bytes each; of more that a person
has released a restart forgets the rest, which is then held again."""
