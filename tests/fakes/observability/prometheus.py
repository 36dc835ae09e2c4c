"""Reading back what was rendered, as a scrape would."""

from prometheus_client.parser import text_string_to_metric_families

from clusterimport.observability.metrics import Metrics


class Scrape:
    """One scrape: values by series, labels by family."""

    def __init__(self, metrics: Metrics) -> None:
        families = list(text_string_to_metric_families(b"".join(metrics.render()).decode()))
        self.types = {family.name: family.type for family in families}
        self.samples = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in families
            for sample in family.samples
        }
        self.labels: dict[str, set[str]] = {}
        for family in families:
            names = self.labels.setdefault(family.name, set())
            for sample in family.samples:
                names.update(set(sample.labels) - {"le"})

    def value(self, name: str, /, **labels: str) -> float | None:
        """Return the value of one series, None if it does not exist."""
        return self.samples.get((name, frozenset(labels.items())))

    def series(self, name: str) -> dict[frozenset[tuple[str, str]], float]:
        """Return all series of one name."""
        return {labels: value for (own, labels), value in self.samples.items() if own == name}

    def buckets(self, name: str) -> list[float]:
        """Return the finite upper bounds of a histogram."""
        bounds = {
            float(dict(labels)["le"]) for (own, labels) in self.samples if own == f"{name}_bucket"
        }
        return sorted(bounds - {float("inf")})
