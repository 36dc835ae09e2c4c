"""The pages that are written from the code."""

from development.reference import DOCS, pages


def test_the_pages_are_those_of_the_code():
    """`make docs` would change nothing, and no page is left of a command that is gone."""
    written = dict(pages())

    assert {path: path.read_text("utf-8") for path in written if path.exists()} == written
    assert set((DOCS / "commands").glob("*.md")) <= set(written)


def test_every_command_is_told_with_an_example():
    """A page that only lists options helps nobody who comes for the first time."""
    told = {path.stem: text for path, text in pages() if path.parent.name == "commands"}

    assert len(told) >= 12
    without = {name for name, text in told.items() if "Example" not in text}
    assert without <= {"README", "run", "catalogue-list"}
