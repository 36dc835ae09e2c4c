"""From a lifecycle to its PediaCluster: references, condition, rendering, the difference."""
