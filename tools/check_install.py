"""Check an installed nbstream against its checkout: `python tools/check_install.py CHECKOUT`.

Run by the Python of a clean environment that holds the wheel. Every file of the package must have
come along (scripts, style sheet, py.typed, the notebook of the demo), the import must work without
the extras, and the command must exist. Run it outside the checkout.
"""

from __future__ import annotations

import gzip
import importlib
import sys
import tempfile
from importlib.metadata import entry_points, version
from pathlib import Path

IGNORED = {".pyc", ".pyo"}


def package_files(folder: Path) -> set[str]:
    """Return the files of a package relative to `folder`, without compiled ones."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in IGNORED and not path.name.startswith(".")
    }


def check_scripts() -> None:
    """Exit with a message unless the scripts of the pages can be made and laid out for a server."""
    assets = importlib.import_module("nbstream.widgets.page.assets")
    scripts = importlib.import_module("nbstream.widgets.page.scripts")
    with tempfile.TemporaryDirectory() as folder:
        for name in ("app", "plotly"):
            found = assets.script(name)
            path = Path(folder, scripts.FOLDER, f"{found.file_name}.gz")
            is_there = scripts.lay_out(found, [Path(folder)])
            if not is_there or gzip.decompress(path.read_bytes()) != found.data:
                sys.exit(f"The script {name!r} of the pages cannot be laid out.")


def main() -> None:
    """Exit with a message if something is missing."""
    checkout = Path(sys.argv[1]).resolve()
    nbstream = importlib.import_module("nbstream")
    installed = Path(str(nbstream.__file__)).parent
    if checkout in installed.parents and "site-packages" not in installed.parts:
        sys.exit(f"nbstream was imported from the checkout, not from the wheel: {installed}")
    missing = sorted(package_files(checkout / "nbstream") - package_files(installed))
    if missing:
        sys.exit(f"The wheel lacks: {', '.join(missing)}")
    if nbstream.__version__ != version("nbstream"):
        sys.exit(f"__version__ is {nbstream.__version__}, the wheel's is {version('nbstream')}.")
    for name in nbstream.__all__:
        getattr(nbstream, name)  # the lazy names resolve
    notebook = importlib.import_module("nbstream.commands.demo").find_notebook()
    if notebook.read_bytes() != (checkout / "notebooks" / "dashboard.ipynb").read_bytes():
        sys.exit(f"`nbstream demo` would show another notebook than the checkout's: {notebook}")
    if checkout in notebook.parents:
        sys.exit(f"`nbstream demo` needs the checkout: {notebook}")
    check_scripts()
    for command in entry_points(group="console_scripts", name="nbstream"):
        command.load()
    print(f"nbstream {nbstream.__version__}: {len(package_files(installed))} files, all there.")


if __name__ == "__main__":
    main()
