"""A real etcd, kube-apiserver and kube-controller-manager for tests, benchmarks and the demo.

`build` and `toolchain` need nothing but the standard library, so that `make envtest` works
before anything is installed; the launcher also needs `cryptography`. Import the modules:
`from development.controlplane.controlplane import ControlPlane`.
"""
