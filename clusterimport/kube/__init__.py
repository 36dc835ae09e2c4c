"""The client of the Kubernetes API: connection, raw JSON requests, watch, discovery and errors.

Nothing above this package sees aiohttp or kubernetes_asyncio. Objects go in and out as plain
dicts, addressed by group, version and resource. Importing this package does not load
kubernetes_asyncio; only reading a kubeconfig does.
"""

from clusterimport.kube.connection import ConnectionOptions, ConnectionSettings, open_connection
from clusterimport.kube.discovery import DiscoveredResource
from clusterimport.kube.loading import load_settings
from clusterimport.kube.resources import ResourceClient
from clusterimport.kube.rest import RestClient
from clusterimport.kube.restmapper import RESTMapper

__all__ = [
    "ConnectionOptions",
    "ConnectionSettings",
    "DiscoveredResource",
    "RESTMapper",
    "ResourceClient",
    "RestClient",
    "load_settings",
    "open_connection",
]
