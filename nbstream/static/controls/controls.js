// The dashboard's title row: what is shown, whether all is well, the window, pause.

import { isBeside, PAUSE_EVENTS, pauseButton, showPause } from "../chart/pause.js";
import { button, element, keepChildren, setAttribute, setText } from "../shared/dom.js";
import { countText, readWindow } from "../shared/format.js";
import { Panel, showPanel } from "../shared/panel.js";
import { shapeOf } from "../shared/status.js";
import { ValueField } from "./valueField.js";

/**
 * @param {object} place
 * @param {import("../dashboard/dashboard.js").TitleRow} [place.row] what a chart below puts into the title row
 * @returns {() => void} the clean-up
 */
export function renderControls({ model, el, row }) {
  const panel = new ControlsPanel(row);
  const remove = showPanel({ model, el }, panel);
  const onPause = ({ detail }) => panel.hearPause(detail);
  document.addEventListener(PAUSE_EVENTS.told, onPause);
  return () => {
    document.removeEventListener(PAUSE_EVENTS.told, onPause);
    remove();
  };
}

class ControlsPanel extends Panel {
  /** @param {import("../dashboard/dashboard.js").TitleRow} [row] */
  constructor(row) {
    super("controls", "Controls");
    this.isPaused = false; // the chart beside it
    this.toldPause = false; // by Python, which pauses every view
    this.choices = new Map();
    this.title = element("h2", { class: "nbs-title" });
    this.choiceList = element("span", { class: "nbs-choices", role: "group", "aria-label": "Window" });
    this.windowField = new ValueField({
      label: "Another window, such as 90s, 1000 or 2h30min",
      read: readWindow,
      send: (value, onAnswer) => this.requests.ask({ kind: "window", value }, onAnswer),
      attributes: { placeholder: "e.g. 90s", size: 9, maxlength: 64 },
    });
    this.windowField.el.classList.add("nbs-window-field");
    this.pause = pauseButton(() => this.togglePause(), "nbs-pause");
    this.pause.hidden = true;
    this.alerts = element("span", { class: "nbs-chip nbs-state nbs-alerts", hidden: true });
    this.el.append(
      element("div", { class: "nbs-bar" }, [
        element("span", { class: "nbs-bar-head" }, [this.title, row?.head, this.alerts]),
        element("span", { class: "nbs-bar-tools" }, [row?.tools, this.pause]),
        element("span", { class: "nbs-window" }, [this.choiceList, this.windowField.el]),
      ]),
    );
  }

  show() {
    const { title, window, choices, chart, paused, alerts } = this.state;
    setText(this.title, title);
    setAttribute(this.title, "title", title);
    this.showAlerts(alerts);
    keepChildren(
      this.choiceList,
      this.choices,
      choices,
      (choice) => choice,
      (choice) => this.makeChoice(choice),
      ({ el }, choice) => setAttribute(el, "aria-pressed", String(choice === window)),
    );
    const isOther = !choices.includes(window);
    this.windowField.show(isOther ? window : "");
    setAttribute(this.windowField.input, "data-current", isOther ? "true" : null);
    this.pause.hidden = chart === null;
    if (paused !== this.toldPause) this.isPaused = this.toldPause = paused;
    showPause(this.pause, this.isPaused);
  }

  /** Say whether a rule fires: the rows of the rules may be out of sight. */
  showAlerts(alerts) {
    this.alerts.hidden = alerts === null;
    const kind = alerts?.n ? alerts.severity : "ok";
    setAttribute(this.alerts, "data-kind", kind);
    setAttribute(this.alerts, "data-shape", shapeOf(kind));
    setText(this.alerts, alerts?.n ? `${countText(alerts.n)} firing` : "ok");
  }

  makeChoice(choice) {
    const onclick = () => {
      this.windowField.reset();
      this.requests.ask({ kind: "window", value: choice }, (error) => this.windowField.fail(error));
    };
    return { el: button(choice, onclick, "nbs-choice", { "aria-pressed": "false" }) };
  }

  /** The chart beside it stands still or follows: a view's pause is its own. */
  togglePause() {
    this.isPaused = !this.isPaused;
    const detail = { chart: this.state.chart, paused: this.isPaused, from: this.el };
    document.dispatchEvent(new CustomEvent(PAUSE_EVENTS.ask, { detail }));
    showPause(this.pause, this.isPaused);
  }

  hearPause({ chart, paused, from }) {
    if (chart !== this.state?.chart || !isBeside(from, this.el)) return;
    this.isPaused = paused;
    showPause(this.pause, paused);
  }
}
