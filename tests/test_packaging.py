"""What is published is what pyproject.toml says: the recipe for conda, the papers beside, the version."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def test_the_conda_recipe_asks_for_what_pip_asks_for() -> None:
    """The same packages with the same lower bounds, but for what Windows needs beside."""
    text = (ROOT / "conda" / "meta.yaml").read_text("utf-8")
    runs = re.findall(
        r"^    - (\S+ >=\S+)$", text[text.index("  run:") : text.index("test:")], re.M
    )
    project = PROJECT["project"]
    wanted = [one.replace(">=", " >=") for one in project["dependencies"] if ";" not in one]
    assert runs == [f"python {project['requires-python']}", *wanted]
    (build,) = PROJECT["build-system"]["requires"]
    assert f"    - {build.replace('>=', ' >=')}\n" in text
    assert project["description"] in text
    (command,) = project["scripts"].items()
    assert " = ".join(command) in text


def test_the_version_stands_in_one_place() -> None:
    """Hatch and the recipe read it from the package; nothing else has it."""
    assert PROJECT["tool"]["hatch"]["version"]["path"] == "nbstream/__init__.py"
    assert "version" not in PROJECT["project"]
    pattern = re.search(r"regex_pattern='(.+?)'", (ROOT / "conda" / "meta.yaml").read_text("utf-8"))
    assert pattern is not None
    assert re.search(pattern[1], (ROOT / "nbstream" / "__init__.py").read_text("utf-8"))
    assert "\nversion:" not in (ROOT / "CITATION.cff").read_text("utf-8")


def test_the_papers_beside_can_be_read() -> None:
    """CITATION.cff has what its format asks for, and forms of issues have what the host asks for."""
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation.keys() >= {"cff-version", "message", "title", "authors"}
    assert citation["license"] == PROJECT["project"]["license"]
    forms = [p for p in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml") if p.stem != "config"]
    assert len(forms) >= 2
    for path in forms:
        form = yaml.safe_load(path.read_text("utf-8"))
        assert form.keys() >= {"name", "description", "body"}, path.name
        ids = [part["id"] for part in form["body"]]
        assert len(set(ids)) == len(ids)
        assert all(part["attributes"]["label"] for part in form["body"])
