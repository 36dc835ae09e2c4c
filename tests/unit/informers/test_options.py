"""Figures that would spin or never end are refused."""

import pytest

from clusterimport.informers import InformerOptions


def test_the_defaults_fit_the_dead_watch_rule():
    """A fault is found within 90 s, whether the checks answer or time out twice."""
    options = InformerOptions()
    answered = (
        options.silence_seconds + options.check_timeout_seconds + options.silence_grace_seconds
    )
    unanswered = (
        options.silence_seconds + 2 * options.check_timeout_seconds + options.check_retry_seconds
    )

    assert answered <= 90
    assert unanswered <= 90


@pytest.mark.parametrize(
    "wrong",
    [
        {"page_size": 0},
        {"watch_timeout_min_seconds": 0},
        {"watch_timeout_min_seconds": 700},
    ],
)
def test_senseless_figures_are_refused(wrong):
    """Pages are positive, and a watch lasts between its two limits."""
    with pytest.raises(ValueError, match=r"must be positive|need 0 < min"):
        InformerOptions(**wrong)
