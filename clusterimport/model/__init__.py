"""Records and pure accessors of the Kubernetes objects this program reads and writes."""
