"""How the pages of docs/ become a site: `make docs` builds it, offline, with warnings as errors.

The pages are plain Markdown that reads well in the repository too: a page of a section lists its pages by
links, and the site's table of contents is made of these links.
"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from sphinx.util.inspect import stringify_signature

import nbstream as ns
from tools.public_members import public_members

HERE = Path(__file__).parent

project = "nbstream"
author = "nbstream contributors"
copyright = author  # noqa: A001
version = release = ns.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_copybutton",
]
exclude_patterns = ["_templates"]
templates_path = ["_templates"]
smartquotes = False  # quotes are code as often as not
default_role = "py:obj"  # `name` in a docstring leads there if it is public, and is code if not

myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4

autosummary_generate = True
autosummary_context = {"public_members": public_members}
suppress_warnings = ["config.cache"]  # it is a function, which can't be pickled
autodoc_typehints = "signature"
autodoc_member_order = "alphabetical"
python_use_unqualified_type_names = True
maximum_signature_line_length = 88
toc_object_entries_show_parents = "hide"
numpydoc_show_class_members = False  # the template lists them
numpydoc_xref_param_type = False

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

html_theme = "pydata_sphinx_theme"
html_title = "nbstream"
html_static_path = ["_static"]
html_css_files = ["site.css"]
# Pages that are no section have no pages beside them to list.
ALONE = (
    "index",
    "install",
    "overview",
    "tutorial",
    "gallery",
    "troubleshooting",
    "comparison",
    "whats_new",
)
html_sidebars: dict[str, list[str]] = {page: [] for page in ALONE}
html_copy_source = False
html_show_sphinx = False
html_theme_options: dict[str, Any] = {
    "header_links_before_dropdown": 6,
    "navbar_align": "left",
    "show_prev_next": True,
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}

# Pages of sections: what they link to belongs to them, in this order.
SECTIONS = {"index", "how_to/README", "guide", "explanation", "api/README", "detectors/README"}
# What belongs to the guide as soon as it is there.
COMING = ("command_line", "hosts", "scale")


def pages_of(name: str, text: str) -> list[str]:
    """Return the pages that a section leads to, each once, in the order of its links."""
    folder = (HERE / name).parent
    found: list[str] = []
    for target in re.findall(r"\]\(([\w./-]+)\.md\)", text):
        page = (folder / f"{target}.md").resolve()
        if not page.is_relative_to(HERE):
            continue
        path = page.relative_to(HERE).with_suffix("").as_posix()
        is_below = path.startswith("detectors/") and path != "detectors/README"
        if is_below == (name == "detectors/README") and path not in found:
            found.append(path)
    if name == "guide":
        found += [page for page in COMING if (HERE / f"{page}.md").exists() and page not in found]
    return found


def add_contents(app: Any, name: str, source: list[str]) -> None:
    """Append the table of contents to the page of a section."""
    if name in SECTIONS:
        pages = "\n".join(f"/{page}" for page in pages_of(name, source[0]))
        source[0] += f"\n\n```{{toctree}}\n:hidden:\n\n{pages}\n```\n"


# Bars of absolute values, and stars of **options, are no markup where people read a docstring as it is.
# What numpydoc writes around names of parameters stays.
LITERAL = re.compile(r"(^\s*\*\*.+?\*\*(?=$| )|``.*?``|`[^`]*`_?)")
MARKS = re.compile(r"(?<!\\)([*|])")


def escape_marks(
    app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]
) -> None:
    """Keep | and * of a docstring's prose from being taken for reStructuredText."""
    for number, line in enumerate(lines):
        if line.lstrip().startswith(">>>"):
            continue
        parts = LITERAL.split(line)
        parts[::2] = [MARKS.sub(r"\\\1", part) for part in parts[::2]]
        lines[number] = "".join(parts)


def real_signature(
    app: Any, what: str, name: str, thing: Any, *rest: Any
) -> tuple[str, None] | None:
    """Return the signature of a class as its `__init__` has it: traitlets hides it behind `__new__`."""
    if what != "class" or "__init__" not in dir(thing) or not isinstance(thing, type):
        return None
    owner = next(base for base in thing.__mro__ if "__init__" in vars(base))
    if not owner.__module__.startswith("nbstream"):
        return None
    signature = inspect.signature(thing.__init__)
    _, *parameters = signature.parameters.values()
    shown = signature.replace(parameters=parameters, return_annotation=inspect.Signature.empty)
    return stringify_signature(shown, unqualified_typehints=True), None


def setup(app: Any) -> None:
    """Connect to Sphinx."""
    app.connect("autodoc-process-docstring", escape_marks, priority=900)  # after numpydoc
    app.connect("source-read", add_contents)
    app.connect("autodoc-process-signature", real_signature)
