// The views that the loader can ask for.

import { renderCards } from "./cards/cards.js";
import { renderChart } from "./chart/chart.js";
import { renderControls } from "./controls/controls.js";
import { renderDashboard } from "./dashboard/dashboard.js";
import { renderFeed } from "./alerts/feed.js";
import { renderHistogram } from "./plots/histogram.js";
import { renderRules } from "./controls/rules.js";
import { renderSpectrum } from "./plots/spectrum.js";
import { renderTraining } from "./plots/training.js";
import { dress } from "./shared/dress.js";

const RENDER = {
  chart: renderChart,
  cards: renderCards,
  feed: renderFeed,
  controls: renderControls,
  dashboard: renderDashboard,
  histogram: renderHistogram,
  rules: renderRules,
  spectrum: renderSpectrum,
  training: renderTraining,
};

const dressed = (render) => (view) => {
  dress(view.el);
  return render(view);
};

export const views = Object.fromEntries(Object.entries(RENDER).map(([name, render]) => [name, dressed(render)]));
