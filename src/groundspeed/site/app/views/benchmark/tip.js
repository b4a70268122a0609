// Where the tooltip stands: beside its point, inside the chart.

const ASIDE = 14; // CSS pixels from the point
const [MARGIN, RIM] = [8, 4]; // from the chart's sides, and from its top and foot

/** @param {HTMLElement} tip @param {HTMLElement} frame  it may not leave @param {Element | null} over  what `at` is counted from @param {{x: number, y: number}} at */
export function stand(tip, frame, over, at) {
  const [left, top] = over instanceof HTMLElement ? [over.offsetLeft + at.x, over.offsetTop + at.y] : [at.x, at.y];
  const room = frame.clientWidth - tip.offsetWidth - MARGIN;
  const beside = left + ASIDE > room ? left - tip.offsetWidth - ASIDE : left + ASIDE;
  const height = Math.min(top - tip.offsetHeight / 2, frame.clientHeight - tip.offsetHeight - RIM);
  tip.style.setProperty("left", `${Math.min(room, Math.max(MARGIN, beside))}px`);
  tip.style.setProperty("top", `${Math.max(RIM, height)}px`);
}
