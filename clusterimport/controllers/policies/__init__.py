"""ClusterImportPolicies: what is in force of each, and what its status tells."""
