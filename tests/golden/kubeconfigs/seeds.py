"""Kubeconfigs as platforms and people write them, and as attackers would: what fuzzing begins with.

Data is short, so that a change hits what matters; `filled` puts real certificates in its place.
"""

import base64
from typing import Final

from tests.fakes.pki.material import CA, CERTIFICATE, KEY, authority

_KUBECTL: Final = """apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: LS0tY2EtLS0K
    server: https://192.0.2.10:6443
  name: kubernetes
contexts:
- context:
    cluster: kubernetes
    user: kubernetes-admin
  name: kubernetes-admin@kubernetes
current-context: kubernetes-admin@kubernetes
kind: Config
preferences: {}
users:
- name: kubernetes-admin
  user:
    client-certificate-data: LS0tY2VydC0tLQo=
    client-key-data: LS0ta2V5LS0tCg==
"""

_CAPI_EKS: Final = """apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: LS0tY2EtLS0K
    server: https://ABC.gr7.eu-west-1.eks.amazonaws.com
  name: default_eks
contexts:
- context:
    cluster: default_eks
    user: default_eks-capi-admin
  name: default_eks-capi-admin@default_eks
current-context: default_eks-capi-admin@default_eks
kind: Config
preferences: {}
users:
- name: default_eks-capi-admin
  user:
    token: k8s-aws-v1.aHR0cHM6Ly9zdHMuZXUtd2VzdC0xLmFtYXpvbmF3cy5jb20v
"""

_EXEC: Final = """apiVersion: v1
kind: Config
clusters:
- name: arn:aws:eks:eu-west-1:111122223333:cluster/prod
  cluster:
    server: https://ABC.gr7.eu-west-1.eks.amazonaws.com
    certificate-authority-data: LS0tY2EtLS0K
contexts:
- name: arn:aws:eks:eu-west-1:111122223333:cluster/prod
  context:
    cluster: arn:aws:eks:eu-west-1:111122223333:cluster/prod
    user: arn:aws:eks:eu-west-1:111122223333:cluster/prod
current-context: arn:aws:eks:eu-west-1:111122223333:cluster/prod
users:
- name: arn:aws:eks:eu-west-1:111122223333:cluster/prod
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      args:
      - --region
      - eu-west-1
      - eks
      - get-token
      - --cluster-name
      - prod
      command: aws
      env: null
      provideClusterInfo: false
"""

_VCLUSTER: Final = """apiVersion: v1
clusters:
  - cluster:
      certificate-authority-data: LS0tY2EtLS0K
      server: https://localhost:8443
    name: my-vcluster
contexts:
  - context:
      cluster: my-vcluster
      namespace: team-a
      user: my-vcluster
    name: my-vcluster
current-context: my-vcluster
kind: Config
users:
  - name: my-vcluster
    user:
      client-certificate-data: LS0tY2VydC0tLQo=
      client-key-data: LS0ta2V5LS0tCg==
"""

_RANCHER: Final = """apiVersion: v1
kind: Config
clusters:
- name: "prod"
  cluster:
    server: "https://rancher.example/k8s/clusters/c-m-abc"
    certificate-authority-data: "LS0tY2EtLS0K"

users:
- name: "prod"
  user:
    token: "kubeconfig-user-x7:abcdef"


contexts:
- name: "prod"
  context:
    user: "prod"
    cluster: "prod"

current-context: "prod"
"""

_MINIKUBE: Final = """apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: LS0tY2EtLS0K
    extensions:
    - extension:
        last-update: Tue, 05 Mar 2024 10:00:00 CET
        provider: minikube.sigs.k8s.io
        version: v1.32.0
      name: cluster_info
    server: https://192.168.49.2:8443
  name: minikube
contexts:
- context:
    cluster: minikube
    extensions:
    - extension:
        last-update: Tue, 05 Mar 2024 10:00:00 CET
      name: context_info
    namespace: default
    user: minikube
  name: minikube
current-context: minikube
kind: Config
preferences: {}
users:
- name: minikube
  user:
    client-certificate-data: LS0tY2VydC0tLQo=
    client-key-data: LS0ta2V5LS0tCg==
"""

_BY_HAND: Final = """---
# of team-a; renew by March
apiVersion: v1
kind: Config
current-context: x
contexts:
- {name: x, context: {cluster: c, user: u}}
clusters:
- name: c
  cluster: {server: "https://[2001:db8::1]:6443/k8s", tls-server-name: api.test}
users:
- name: u
  user: {token: 'a+b/c='}  # secret
- name: spare
  user: {token: "12345"}
"""

_JSON: Final = (
    '{"apiVersion": "v1", "kind": "Config", "clusters": [{"name": "default", "cluster": {"server":'
    ' "https://192.0.2.10:6443", "certificate-authority-data": "LS0tY2EtLS0K"}}], "users":'
    ' [{"name": "default", "user": {"token": "t\\u0041\\"x"}}], "contexts": [{"name": "default",'
    ' "context": {"cluster": "default", "user": "default"}}], "current-context": "default"}'
)

_FOLDED: Final = """apiVersion: v1
kind: Config
clusters:
- name: c
  cluster:
    server: >-
      https://192.0.2.10:6443
    certificate-authority-data: |
      LS0tY2
      EtLS0K
    insecure-skip-tls-verify: false
users:
- name: u
  user:
    token: "abc\\
      def"
    as: ~
    exec:
contexts:
- name: x
  context: {cluster: c,
    user: u}
current-context:
  x
"""

_INSECURE: Final = """apiVersion: v1
kind: Config
clusters:
- name: c
  cluster:
    server: https://192.0.2.10:6443
    insecure-skip-tls-verify: true
    proxy-url: http://proxy.test:3128
users:
- name: u
  user:
    token: t
contexts:
- name: x
  context:
    cluster: c
    user: u
current-context: x
"""

SHORT: Final = (
    _KUBECTL,
    _CAPI_EKS,
    _VCLUSTER,
    _RANCHER,
    _MINIKUBE,
    _BY_HAND,
    _JSON,
    _FOLDED,
    _EXEC,
    _INSECURE,
)

_FILLING: Final = {
    "LS0tY2EtLS0K": base64.b64encode(CA).decode(),
    "LS0tY2VydC0tLQo=": base64.b64encode(CERTIFICATE).decode(),
    "LS0ta2V5LS0tCg==": base64.b64encode(KEY).decode(),
    "ZXZpbA==": base64.b64encode(authority("evil")).decode(),
    # The CA in two lines.
    "LS0tY2\n": base64.b64encode(CA).decode()[:200] + "\n",
    "EtLS0K": base64.b64encode(CA).decode()[200:],
}


def filled(text: str) -> str:
    """Return a kubeconfig with certificates and keys in place of the short data."""
    for short, real in _FILLING.items():
        text = text.replace(short, real)
    return text


REAL: Final = tuple(map(filled, SHORT))

SIGNS: Final = (
    "\ufeff", "\ufeff", "\ufeff#", "\ufeff ", "%", "%YAML 1.1\n", "\r", "\r\n", "\n\r", "\x85",
    "\u2028", "\u2029", "\0", "\t", "#", " #", "# ", "&a ", "*a", "!!str ", "!x ", "{", "}", "[",
    "]", ",", ": ", ":", "? ", "?", "- ", "-", "---\n", "---", "...\n", "...", "'", '"', "''",
    "\\", "\\\n", "\\/", "\\'", "\\x41", "\\u0041", "\\ud83d\\ude00", "\\ud800", "\\U0001F600",
    "\\0", "\\L", "|", "|2", "|-", ">", ">-", ">2-", "|+", " ", "  ", "\n", "\n\n", "\n ", "<<: ",
    "<<", "=", "~", "null", "@", "`", "!", "&", "*", "0x1F", "0_x1F", "1_0", "017", "0o17", "1e3",
    ".5_0", ".inf", "1:30", "2001-01-01", "yes", "on", "y", "true", "\x7f", "\x1b", "\xa0", "é",
    "\u200b", "\u212a", "😀", "\ufffd", "$", "a" * 1100,
)  # fmt: skip
"""What is put somewhere, or at the beginning of a line."""

RAW: Final = (
    b"\xff",
    b"\xfe\xff",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xef\xbb",
    b"\x80",
    b"\xf4\x90\x80\x80",
)
"""Bytes that are not UTF-8."""

CONTENT: Final = (
    "exec: {command: evil, apiVersion: client.authentication.k8s.io/v1beta1}",
    "exec:\n      command: evil\n      apiVersion: client.authentication.k8s.io/v1beta1",
    '"exec": {"command": "evil", "apiVersion": "client.authentication.k8s.io/v1beta1"}',
    "Exec: {command: evil, apiVersion: client.authentication.k8s.io/v1beta1}",
    "auth-provider: {name: oidc}",
    "tokenFile: /etc/passwd",
    "token: other",
    "Token: other",
    "username: a",
    "as: system:admin",
    "insecure-skip-tls-verify: true",
    "insecure-skip-tls-verify: yes",
    'insecure-skip-tls-verify: "true"',
    "proxy-url: http://evil.test",
    "server: https://evil.test",
    "SERVER: https://evil.test",
    "server: https://a/b#c%20d?e",
    "server: https://a/%2e%2e/b/",
    "tls-server-name: evil.test",
    "certificate-authority: /etc/passwd",
    "certificate-authority-data: ZXZpbA==",
    "client-key-data: ZXZp\\nbA==",
    "current-context: other",
    "kind: Other",
    "Kind: Other",
    "\u212aind: Other",
    "apiVersion: v2",
    "extensions: [{name: e, extension: {a: .inf}}]",
    "unknown: {a: [b, {c: d}], 1: 2}",
    "namespace: A_b",
    "disable-compression: true",
    "name: c",
    "user: {token: t}",
)
"""Lines that a reader must not see unless it was judged."""
