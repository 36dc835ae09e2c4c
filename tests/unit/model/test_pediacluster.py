"""The cached form of a PediaCluster."""

import base64

import pytest

from clusterimport.model.pediacluster import (
    BYTE_FIELDS,
    CONNECTION_FIELDS,
    SPEC_FIELDS,
    Digest,
    decode_bytes,
    field_digest,
    redact,
)

SECRET = "canary-4711"
DIGEST = Digest(b"key")


def encode(text):
    return base64.b64encode(text.encode()).decode()


CLUSTER = {
    "apiVersion": "cluster.clusterpedia.io/v1alpha2",
    "kind": "PediaCluster",
    "metadata": {
        "name": "one",
        "resourceVersion": "5",
        "managedFields": [{"manager": "x"}],
        "annotations": {
            "kubectl.kubernetes.io/last-applied-configuration": encode(SECRET),
            "mine": "kept",
        },
    },
    "spec": {
        "apiserver": "https://a",
        "syncResources": [],
        "certData": "",
        **{field: encode(SECRET + field) for field in BYTE_FIELDS if field != "certData"},
    },
    "status": {"version": "v1.30.0"},
}


def test_no_credential_is_left_and_everything_else_is():
    """The cached form has the shape of the object and none of its credentials."""
    cached = redact(CLUSTER, DIGEST)

    assert SECRET not in str(cached)
    assert encode(SECRET)[:12] not in str(cached)
    assert cached["spec"]["apiserver"] == "https://a"
    assert cached["spec"]["syncResources"] == []
    assert cached["spec"]["certData"] == ""
    assert cached["status"] == {"version": "v1.30.0"}
    assert cached["metadata"] == {
        "name": "one",
        "resourceVersion": "5",
        "annotations": {"mine": "kept"},
    }
    assert CLUSTER["metadata"]["managedFields"]


def test_a_digest_tells_equality_and_nothing_else():
    """Equal bytes have equal digests under one key, whatever the line breaks of their base64."""
    token = encode(SECRET)
    cached = redact(CLUSTER, DIGEST)

    assert field_digest(DIGEST, token) == field_digest(DIGEST, token[:4] + "\r\n" + token[4:])
    assert field_digest(DIGEST, token) != field_digest(DIGEST, encode("other"))
    assert field_digest(DIGEST, token) != field_digest(Digest(b"other key"), token)
    assert cached["spec"]["tokenData"] == field_digest(DIGEST, encode(SECRET + "tokenData"))
    assert "key" not in repr(DIGEST)


@pytest.mark.parametrize("value", ["", None, 5, [], "\n", "===="[:0]])
def test_empty_fields_have_no_digest(value):
    """Absent, null and empty are one."""
    assert field_digest(DIGEST, value) == ""


def test_what_is_no_base64_differs_from_everything():
    """A field that no server should have let through is neither empty nor equal to its text."""
    assert field_digest(DIGEST, "not base64!") not in {
        "",
        field_digest(DIGEST, encode("not base64!")),
    }


@pytest.mark.parametrize(
    "text", ["QUJD=", "QUJD==", "a", "YQ", "YQ=", "Y Q==", "YQ==YQ", "é", "-_-_"]
)
def test_other_than_padded_standard_base64_is_refused_without_quoting_it(text):
    """What Go's decoder refuses is refused here, and the error does not repeat the text."""
    with pytest.raises(ValueError, match=r"^not base64$"):
        decode_bytes(text)


@pytest.mark.parametrize("text", ["YQ==", "Y\nQ\r\n==", "YR=="])
def test_line_breaks_and_loose_ends_decode_as_in_go(text):
    """Go ignores line breaks, and bits beyond the last byte."""
    assert decode_bytes(text) == b"a"


def test_an_object_without_spec_or_metadata_passes():
    """Odd objects are cached as they are."""
    assert redact({"kind": "x"}, DIGEST) == {"kind": "x"}


def test_the_field_lists_agree():
    """Connection fields are the address and the byte fields, and all are spec fields."""
    assert set(CONNECTION_FIELDS) == {"apiserver", *BYTE_FIELDS}
    assert set(CONNECTION_FIELDS) < set(SPEC_FIELDS)
