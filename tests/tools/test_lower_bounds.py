"""tools/lower_bounds.py turns the project's lower bounds into pins for `make test-oldest`."""

from __future__ import annotations

import pytest

from tools import lower_bounds


def test_bounds_become_pins() -> None:
    """Names and markers stay, the bound becomes the version."""
    assert lower_bounds.lower_bounds(
        ["plotly>=6.1", "tzdata>=2024.1; sys_platform == 'win32'"]
    ) == [
        "plotly==6.1",
        "tzdata==2024.1; sys_platform == 'win32'",
    ]


@pytest.mark.parametrize("requirement", ["plotly", "plotly==6.1", "plotly>=6.1,<8", "plotly<8"])
def test_other_forms_are_refused(requirement: str) -> None:
    """A dependency without a plain lower bound would go untested, so it is an error."""
    with pytest.raises(ValueError, match=r"is not of the form 'name>=bound'"):
        lower_bounds.lower_bounds([requirement])


def test_every_dependency_of_the_project_has_a_bound(capsys: pytest.CaptureFixture[str]) -> None:
    """The real pyproject.toml can be read, its extra `lab` included."""
    lower_bounds.main()
    names = {line.partition("==")[0] for line in capsys.readouterr().out.splitlines()}
    assert {"anywidget", "ipywidgets", "numpy", "pandas", "plotly", "jupyterlab", "voila"} <= names
