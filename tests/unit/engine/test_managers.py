"""Who wrote a field last, as managedFields tell."""

from clusterimport.engine.managers import managers_of


def entry(manager, time, fields, operation="Update"):
    return {"manager": manager, "operation": operation, "time": time, "fieldsV1": fields}


def test_t36_managers_of_a_field_come_latest_first():
    """Only entries that hold this very field count."""
    obj = {
        "metadata": {
            "managedFields": [
                entry("kubectl-edit", "2026-01-01T00:00:00Z", {"f:spec": {"f:apiserver": {}}}),
                entry("gitops", "2026-01-02T00:00:00Z", {"f:spec": {"f:apiserver": {}}}, "Apply"),
                entry("other", "2026-01-03T00:00:00Z", {"f:spec": {"f:caData": {}}}),
                entry("status", "2026-01-03T00:00:00Z", {"f:status": {}}),
            ]
        }
    }

    assert managers_of(obj, ("spec", "apiserver")) == (
        "gitops (Apply, 2026-01-02T00:00:00Z)",
        "kubectl-edit (Update, 2026-01-01T00:00:00Z)",
    )
    assert managers_of(obj, ("metadata", "labels", "a")) == ()


def test_t36_what_is_no_managed_field_names_nobody():
    """Entries of any shape are read, and a manager's name is cut and printable."""
    odd = [{}, {"fieldsV1": "x"}, {"fieldsV1": {"f:spec": None}}]
    assert managers_of({"metadata": {"managedFields": odd}}, ("spec", "apiserver")) == ()
    named = entry("x\n" * 99, "", {"f:spec": {"f:apiserver": {}}})
    (text,) = managers_of({"metadata": {"managedFields": [named]}}, ("spec", "apiserver"))
    assert text == "x" * 64 + " (Update)"
