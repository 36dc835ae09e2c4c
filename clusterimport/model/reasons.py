"""Every reason that a condition may have: what it means, and what a person does about it.

The documentation is written from here, and a test finds a reason that is missing.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

NOTHING: Final = "nothing"
"""What to do where all is well."""


class Explanation(NamedTuple):
    """Of one reason, in sentences without a full stop that may hold Markdown."""

    cause: str
    remedy: str = NOTHING


POLICY_REASONS: Final[Mapping[str, Explanation]] = {
    "Success": Explanation("of `Validated`: the policy can be carried out"),
    "Imported": Explanation(
        "what the policy selects is imported and, where that is known, reachable; of a lifecycle "
        "whose cluster nobody probes: it is imported"
    ),
    "NoSources": Explanation(
        "the API server has no object of the type, or none that `labelSelector` and "
        "`fieldSelector` take",
        "nothing, or mend the selectors",
    ),
    "NothingSelected": Explanation(
        "`selectorTemplate` takes none of the objects", "nothing, or mend the selector"
    ),
    "Waiting": Explanation(
        "clusters are selected and none is imported yet",
        "the message names them; see their lifecycles",
    ),
    "Listing": Explanation("the sources are being listed", "wait a moment"),
    "WaitResourceSynced": Explanation(
        "of `Reconciling`: the sources are being listed", "wait a moment"
    ),
    "Reconciling": Explanation(
        "sources are being looked at; of `DeletionBlocked`: a policy has sources without a "
        "lifecycle yet, so that a PediaCluster without one may soon have one again",
        "wait a moment",
    ),
    "ReconcileSourceResourceAndLifecycle": Explanation(
        "of `Reconciling`, Clusterpedia's word for work that is under way (`True`) or done "
        "(`False`)"
    ),
    "InvalidPolicy": Explanation(
        "a template does not compile, or a field is wrong; the message has all of it at once",
        "mend the policy, `clusterimport validate` shows the places; until then nothing of it "
        "changes: no cluster is imported or deleted, and no rotated credential is passed on",
    ),
    "ExtensionsLost": Explanation(
        "fields of ours were erased by another controller or pruned by another CRD",
        "put the fields back, or remove their names from the annotation "
        "`policy.clusterpedia.io/extensions`",
    ),
    "FailedNegotiateSourceResource": Explanation(
        "the API server does not serve the type of the sources; the message says what may have "
        "been meant",
        "correct the name, or install the platform; it goes on by itself, and until then nothing "
        "changes",
    ),
    "FailedNegotiateReferenceResource": Explanation(
        "the API server does not serve the type of a reference; the message says what may have "
        "been meant",
        "correct the name, or install the platform; it goes on by itself, and until then nothing "
        "changes",
    ),
    "APIServiceUnavailable": Explanation(
        "what serves a group of the policy's types does not answer, so that it cannot be said "
        "whether it has them",
        "mend the APIService in the message; it goes on by itself",
    ),
    "MissingPermission": Explanation(
        "the controller may not read a type",
        "apply the roles in the message, which are all that are missing (`clusterimport rbac` "
        "prints them, too); it goes on by itself",
    ),
    "FailedListSourceResources": Explanation(
        "of `Reconciling`: the sources cannot be listed; the message says why",
        "see `MissingPermission` and `SourcesUnreadable`",
    ),
    "SourcesUnreadable": Explanation(
        "for a minute the sources, or what they refer to, could not be read; nothing is deleted "
        "meanwhile, and the numbers stay what they were",
        "the message has the cause, and where to look: a conversion webhook, an aggregated API "
        "server, the network. With `crashed, which is a bug`: report it with the line `informer "
        "crashed` of the log",
    ),
    "SourcesFailed": Explanation(
        "clusters cannot be created or updated; the message counts and names them",
        "`kubectl get pediaclusterlifecycles` has the reason of each",
    ),
    "ClustersNotReady": Explanation(
        "clusters are imported and do not answer as they should",
        "`kubectl get pediaclusterlifecycles` names them; see below",
    ),
    "NamespaceNotSeparated": Explanation(
        "of `AmbiguousNames`: sources of two namespaces may have one name",
        "separate the namespace by a dot where tenants are not trusted with each other. "
        "Everything imported gets another name by that",
    ),
    "NamespaceNotPrinted": Explanation(
        "of `AmbiguousNames`: sources of one name in two namespaces have one name",
        "print the namespace, followed by a dot, where tenants are not trusted with each other. "
        "Everything imported gets another name by that",
    ),
    "Terminating": Explanation(
        "the policy is being deleted, and nothing is made for it any more", "wait"
    ),
}

DELETION_REASONS: Final[Mapping[str, Explanation]] = {
    "NothingBlocked": Explanation("no deletion waits"),
    "DeletionBlocked": Explanation("of `Ready`: deletions are held back", "see `DeletionBlocked`"),
    "DeletionBudgetExceeded": Explanation(
        "more is to be deleted than may be without a person",
        "if it is right that they go, annotate the policy as the message says; else bring the "
        "sources back",
    ),
    "SourceTypeReinstalled": Explanation(
        "the CRD of the source, of policies or of lifecycles is gone, or not older than the "
        "import, so that everything seems to be deleted",
        "install it again, and what it had; what was seen alive since is certain again. If all of "
        "it is gone for good, annotate the policy as the message says",
    ),
    "LookFailed": Explanation(
        "whether something may go could not be asked; the message has the answer of the API server",
        "mend that; it is asked again by itself",
    ),
    "DeletionRefused": Explanation(
        "the API server, or a webhook, refuses to delete a PediaCluster",
        "see the message; it is tried again ever more seldom, down to every five minutes",
    ),
    "InvalidLifecycle": Explanation(
        "a lifecycle that seems unwanted was edited so that it cannot be read",
        "put its spec back, or delete it by hand",
    ),
}

IMPORT_REASONS: Final[Mapping[str, Explanation]] = {
    "PediaClusterCreated": Explanation("the PediaCluster was created"),
    "PediaClusterExisted": Explanation(
        "the PediaCluster stood already, and is the lifecycle's own or was taken over by "
        "`policy.clusterpedia.io/adopt`"
    ),
    "PediaClusterUpdated": Explanation("the PediaCluster is as the policy wants it"),
    "WaitCreationCondition": Explanation(
        "`creationCondition` does not print `true` yet; the message says what it prints, since "
        "when, and since when what it reads is as it is. Where it fails, the message has the error",
        "wait for the platform; where it has long been unchanged, look at what the condition reads "
        "(`clusterimport explain`)",
    ),
    "ReferenceResourceNotFound": Explanation(
        "a reference does not exist", "wait for the platform, or mend the reference's templates"
    ),
    "ReferenceNotSelected": Explanation(
        "a reference is there, but has not the labels that the `labelSelector` of the policy asks "
        "for. What was imported stays as it is",
        "label it, or change the selector; a label is noticed at once",
    ),
    "WaitDependentResourceSynced": Explanation(
        "a type that is referred to cannot be listed; the message has the cause",
        "mend that; it goes on by itself",
    ),
    "SourceResourceNotFound": Explanation(
        "the source of the lifecycle is gone or not selected any more, and its deletion is not "
        "certain yet",
        "see `DeletionBlocked` of the policy",
    ),
    "FailedParseSourceSelector": Explanation(
        "`selectorTemplate` fails on this source", "mend the template, or the data that it reads"
    ),
    "FailedParseLifecycleName": Explanation(
        "`nameTemplate` fails on this source, or prints no name of an object",
        "mend the template, or the data that it reads",
    ),
    "FailedReferenceResourceParse": Explanation(
        "the name or namespace of a reference fails on this source, or is one that the source may "
        "not refer to",
        "mend the template, or name the namespace literally or in `allowedNamespaces`",
    ),
    "FailedResolveAndDecodePediaCluster": Explanation(
        "`template` fails on this source, or what it prints is no PediaCluster; the message has "
        "line and column",
        "mend the template, or the data that it reads",
    ),
    "IncompleteCredentials": Explanation(
        "what is rendered could not connect (a damaged certificate, a key of another one, a token "
        "with a line break, what client-go does not load), or would lose a credential; of a "
        "PediaCluster made by hand: what stands there could not",
        "usually a Secret in the middle of a rotation; else correct what the message names",
    ),
    "CredentialRejected": Explanation(
        "a credential has a property that is refused, which the message names",
        "change the credential, or allow it in `allowedCredentialFeatures`",
    ),
    "SourceTooLarge": Explanation(
        "the source has more than 1 MiB, 20 000 values or 64 levels, its `managedFields` not "
        "counted",
        "make it smaller; what was imported stays as it is until then",
    ),
    "ReferenceTooLarge": Explanation(
        "a reference has more than 1 MiB, 20 000 values or 64 levels, its `managedFields` not "
        "counted",
        "make it smaller; what was imported stays as it is until then",
    ),
    "SourceNotReadable": Explanation("the JSON of the source cannot be read", "write it again"),
    "ReferenceNotReadable": Explanation("the JSON of a reference cannot be read", "write it again"),
    "SourceShareExceeded": Explanation(
        "the sources of its namespace take more memory than one namespace gets",
        "remove some, or raise `--max-source-bytes-per-namespace`; it goes on by itself within a "
        "minute",
    ),
    "NameConflict": Explanation(
        "another source or somebody else has a lifecycle or PediaCluster of that name; the message "
        "says who",
        "change `nameTemplate`; or annotate the PediaCluster with `policy.clusterpedia.io/adopt: "
        "<policy>`",
    ),
    "OrphanLifecycle": Explanation(
        "the lifecycle has no controller owner", "it is nobody's: delete it, or leave it"
    ),
    "SourceRenamed": Explanation(
        "`nameTemplate` prints another name for the source now; the old PediaCluster follows it "
        "until the one of the new name stands",
        "nothing: it goes then by itself, and the message says what the new one waits for",
    ),
    "PediaClusterTerminating": Explanation(
        "the PediaCluster of that name is still being deleted",
        "wait; the message has the command for one that clustersynchro-manager holds and does not "
        "let go",
    ),
    "CreationFailure": Explanation(
        "the API server refuses the new PediaCluster; the message names the fields",
        "mend the template or the source; it is sent again at once when it changes, else every few "
        "minutes",
    ),
    "FailedPatchPediaCluster": Explanation(
        "the API server refuses a change of the PediaCluster; the message names the fields",
        "mend the template or the source; it is sent again at once when it changes, else every few "
        "minutes",
    ),
    "FieldContested": Explanation(
        "somebody else, or a webhook, writes a field of the PediaCluster or of its lifecycle, too; "
        "the message names the field and who holds it",
        "end one of the two writers; until then it is written again every few minutes, everything "
        "else at once. What is imported follows the policy, whatever a lifecycle says; of a "
        "contested `status`, also of the policy, an Event tells",
    ),
    "FailedReconcile": Explanation(
        "for more than a minute the API server, or a webhook or another server that it calls, has "
        "failed over this cluster",
        "the message has its answer; it is tried again by itself",
    ),
    "Observed": Explanation(
        "the policy only observes; the message says what would be written or changed, field by "
        "field, credentials as given or absent"
    ),
    "CredentialExpiring": Explanation(
        "less than a fifth of the life of the token or client certificate is left, and at most a "
        "week",
        "renew it where the cluster's credentials come from; the PediaCluster follows by itself",
    ),
    "CredentialExpired": Explanation(
        "the token or client certificate has ended",
        "renew it where the cluster's credentials come from; the PediaCluster follows by itself",
    ),
    "AllowedByPolicy": Explanation(
        "the credential uses what `allowedCredentialFeatures` of the policy allows; the message "
        "says what that means",
        "better a credential that does not need it",
    ),
    "AllowedByInstallation": Explanation(
        "the credential uses what the flag `--allowed-credential-features` allows; the message "
        "says what that means",
        "better a credential that does not need it",
    ),
}
