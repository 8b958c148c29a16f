// The views that the loader can ask for.

import { renderCards } from "./cards.js";
import { renderChart } from "./chart.js";
import { renderControls } from "./controls.js";
import { renderFeed } from "./feed.js";

export const views = {
  chart: renderChart,
  cards: renderCards,
  feed: renderFeed,
  controls: renderControls,
};
