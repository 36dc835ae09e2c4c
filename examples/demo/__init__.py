"""What `make demo` runs: the controller at work on a real control plane, with the four examples.

Here belongs only what a person who looks on needs. The control plane is `development.controlplane`,
what is installed is `manifests/`, what is imported are the examples beside this folder.
"""
