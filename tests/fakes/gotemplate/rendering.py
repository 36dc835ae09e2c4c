"""Renders a text with the default functions, or returns the error that it ends with."""

from typing import Any

import pytest

from clusterimport.gotemplate.errors import GoTemplateError
from clusterimport.gotemplate.limits import Limits
from clusterimport.gotemplate.template import Template


def render(text: str, data: Any = None, **limits: int) -> str:
    """Return the output."""
    return Template(text, limits=Limits(**limits)).render(data)


def failure(text: str, data: Any = None, **limits: int) -> GoTemplateError:
    """Return the error, which has to come."""
    with pytest.raises(GoTemplateError) as caught:
        render(text, data, **limits)
    return caught.value
