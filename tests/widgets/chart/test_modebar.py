"""The buttons of plotly's bar, against those that the installed plotly has."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import plotly
import plotly.graph_objects as go
import pytest

import nbstream as ns
from nbstream.widgets.chart.modebar import BUTTONS, MORE_BUTTONS, UPLOADING, page_config

SHOWN = {name for group in BUTTONS for name in group}
ON_REQUEST = {name for names in MORE_BUTTONS.values() for name in names}
# Of other kinds of plots (3d, maps, pies, Sankey), and a download that plotly itself offers on request only.
# A live chart never has them; a static copy that has such a plot may.
OF_OTHER_PLOTS = {
    *("zoom3d", "pan3d", "orbitRotation", "tableRotation", "hoverClosest3d"),
    *("resetCameraDefault3d", "resetCameraLastSave3d"),
    *("zoomInGeo", "zoomOutGeo", "resetGeo", "hoverClosestGeo"),
    *("zoomInMap", "zoomOutMap", "resetViewMap"),
    *("zoomInMapbox", "zoomOutMapbox", "resetViewMapbox"),
    *("hoverClosestPie", "resetViewSankey", "resetSankeyGroup", "resetViews", "downloadJson"),
}
KNOWN = SHOWN | ON_REQUEST | OF_OTHER_PLOTS | set(UPLOADING)
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


def test_what_a_live_chart_shows_is_a_list_of_its_own() -> None:
    """Only buttons that are named in it are shown, whatever plotly comes with; none of them uploads."""
    config = page_config(go.Layout().modebar)
    shown = [name for group in config["modeBarButtons"] for name in group]
    assert set(shown) == SHOWN
    assert not set(shown) & set(UPLOADING)
    assert config["displaylogo"] is False
    assert config["plotlyServerURL"] == ""


@pytest.mark.parametrize(
    ("modebar", "more", "less"),
    [
        ({"add": "drawline"}, {"drawline"}, set()),
        ({"add": ["drawRect", "v1hovermode"]}, {"drawrect", *MORE_BUTTONS["v1hovermode"]}, set()),
        ({"remove": ["zoom", "toimage"]}, set(), {"zoom2d", "toImage"}),
        ({"remove": "autoScale2d"}, set(), {"autoScale2d"}),
        ({"add": ["sendChartToCloud", "senddatatocloud", "no such"]}, set(), set()),
    ],
)
def test_buttons_on_request(modebar: dict[str, Any], more: set[str], less: set[str]) -> None:
    """A layout may ask for the buttons that keep the data here, and do without others."""
    groups = page_config(go.Layout(modebar=modebar).modebar)["modeBarButtons"]
    assert {name for group in groups for name in group} == (SHOWN | more) - less


def test_a_bar_without_buttons() -> None:
    """When all are removed, plotly doesn't come back with its own."""
    removed = go.Layout(modebar={"remove": [kind for group in BUTTONS for kind in group]})
    assert page_config(removed.modebar)["modeBarButtons"] == [[]]


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


def config(chart: ns.LiveChart) -> dict[str, Any]:
    """Return plotly's configuration as a page gets it."""
    state: dict[str, Any] = chart.get_state("_config")["_config"]
    return state


def test_buttons_follow_the_layout() -> None:
    """What a person adds or takes away later counts too; a button that uploads doesn't come back by that."""
    buffer = ns.Buffer(timezone="UTC")
    chart = ns.LiveChart(buffer)
    chart.update_layout(modebar_add=["drawline", "sendDataToCloud"])
    assert config(chart)["modeBarButtons"][-1] == ["drawline"]
    chart.layout.modebar.remove = ["zoom", "pan"]
    assert config(chart)["modeBarButtons"][:2] == [
        ["toImage"],
        ["zoomIn2d", "zoomOut2d", "autoScale2d", "resetScale2d"],
    ]
    with chart.batch_update():
        chart.layout.modebar = {"remove": "toimage"}
    assert config(chart) == page_config(go.layout.Modebar(remove="toimage"))
    chart.close()
