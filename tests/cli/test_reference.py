"""The page of commands is what their help says."""

from scripts.cli_reference import PAGE, page


def test_the_reference_is_what_the_help_says() -> None:
    assert PAGE.read_text() == page(), "run `make docs`"
