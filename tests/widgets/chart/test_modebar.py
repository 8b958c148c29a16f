"""The buttons of plotly's bar, against those that the installed plotly has."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import plotly
import plotly.graph_objects as go
import pytest

import nbstream as ns
from nbstream.widgets.chart.modebar import UPLOADING

# Which keep the data where it is.
OF_CHARTS = {
    *("toImage", "zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "autoScale2d", "resetScale2d"),
    *("drawline", "drawopenpath", "drawclosedpath", "drawcircle", "drawrect", "eraseshape"),
    *("select2d", "lasso2d", "hoverClosestCartesian", "hoverCompareCartesian"),
    *("toggleHover", "toggleSpikelines"),
}
# Of other kinds of plots (3d, maps, pies, Sankey), and a download that plotly itself offers on request only.
# A copy that has such a plot may have them.
OF_OTHER_PLOTS = {
    *("zoom3d", "pan3d", "orbitRotation", "tableRotation", "hoverClosest3d"),
    *("resetCameraDefault3d", "resetCameraLastSave3d"),
    *("zoomInGeo", "zoomOutGeo", "resetGeo", "hoverClosestGeo"),
    *("zoomInMap", "zoomOutMap", "resetViewMap"),
    *("zoomInMapbox", "zoomOutMapbox", "resetViewMapbox"),
    *("hoverClosestPie", "resetViewSankey", "resetSankeyGroup", "resetViews", "downloadJson"),
}
KNOWN = OF_CHARTS | OF_OTHER_PLOTS | set(UPLOADING)
GROUPS = {
    *("autoscale", "lasso", "pan", "reset", "select", "zoom", "zoomin", "zoomout"),
    *("resetcameradefault", "resetcameralastsave", "resetscale", "resetview", "v1hovermode"),
    *("hoverclosest", "hovercompare"),
}


def package_text(name: str) -> str:
    """Return a script of the installed plotly."""
    return (Path(plotly.__file__).parent / "package_data" / name).read_text("utf-8")


@pytest.mark.parametrize("script", ["widgetbundle.js", "plotly.min.js"])
def test_every_button_of_the_installed_plotly_is_decided_about(script: str) -> None:
    """A plotly with a button that nobody looked at fails here: it may send the data away."""
    found = set(re.findall(r'name:"(\w+)",(?:_cat:"\w+",)?title:', package_text(script)))
    assert {"toImage", "zoom2d", "pan2d"} < found
    assert found - KNOWN == set()
    assert found & set(UPLOADING)


def test_the_buttons_that_plotly_documents_are_decided_about() -> None:
    """The same from what plotly says of its layout: what can be removed or added."""
    modebar = go.layout.Modebar
    texts = [
        part.__doc__.split("may include")[1].split("The '")[0]
        for part in (modebar.remove, modebar.add)
    ]
    documented = set(re.findall(r'"(\w+)"', " ".join(texts)))
    assert len(documented) > 40
    known = {name.lower() for name in KNOWN} | GROUPS
    assert {name.lower() for name in documented} - known == set()


@pytest.mark.parametrize("make", [lambda chart: chart, lambda chart: chart.to_figure()])
def test_copies_have_no_button_that_uploads(make: Any, tmp_path: Path) -> None:
    """to_html and write_html leave it out of their configuration, the layout of what they hold too."""
    buffer = ns.Buffer(timezone="UTC")
    buffer.extend([1.0, 2.0, 3.0], x=[1.0, 2.0, 3.0])
    chart = ns.LiveChart(buffer, layout={"modebar": {"remove": "lasso"}})
    figure = make(chart)
    figure.write_html(tmp_path / "copy.html", include_plotlyjs=False)
    html = figure.to_html(
        include_plotlyjs=False, config={"scrollZoom": True, "modeBarButtonsToRemove": ["zoom"]}
    )
    written = (tmp_path / "copy.html").read_text("utf-8")
    for text, own in ((html, ["zoom"]), (written, [])):
        removed = ", ".join(f'"{name}"' for name in [*own, *UPLOADING])
        assert f'"modeBarButtonsToRemove": [{removed}]' in text
        assert '"displaylogo": false' in text
        assert "cloud.plotly.com" not in text
        assert "plot.ly" not in text
    assert '"scrollZoom": true' in html
    assert chart.to_figure().layout.modebar.remove == ("lasso", *UPLOADING)
    chart.close()
