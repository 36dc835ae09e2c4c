"""Policies of the API server itself, which refuse what is written."""

from development.world import Object


def admission_policy(name: str, expression: str) -> tuple[Object, Object]:
    """Return a policy of the server that refuses PediaClusters unless a CEL rule holds."""
    api_version = "admissionregistration.k8s.io/v1"
    rule = {
        "apiGroups": ["cluster.clusterpedia.io"],
        "apiVersions": ["*"],
        "operations": ["CREATE", "UPDATE"],
        "resources": ["pediaclusters"],
    }
    return (
        {
            "apiVersion": api_version,
            "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": name},
            "spec": {
                "failurePolicy": "Fail",
                "matchConstraints": {"resourceRules": [rule]},
                "validations": [
                    {
                        "expression": expression,
                        "messageExpression": "'refused: ' + object.spec.apiserver + ' ' + "
                        "string(object.spec.?tokenData.orValue(b''))",
                    }
                ],
            },
        },
        {
            "apiVersion": api_version,
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": name},
            "spec": {"policyName": name, "validationActions": ["Deny"]},
        },
    )
