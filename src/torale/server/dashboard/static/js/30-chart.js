// --- a chart is read by pointer, touch and arrow keys: each point holds until the next one ---------------------------------
const MOVES = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
function pointsOf(figure) { return figure.dataset.chart.split(';').map(point => point.split(',').map(Number)); }
function readPoint(figure, index, at) {
  const points = pointsOf(figure), [first, last] = [points[0][0], points.at(-1)[0]], x = 1000 * ((at ?? points[index][0]) - first) / (last - first || 1);
  figure.dataset.index = index; $('[data-cursor]', figure).setAttribute('d', `M${x.toFixed(1)} 0V240`);
  $('[data-readout]', figure).textContent = `${points[index][1].toLocaleString('en-GB')} ${figure.dataset.unit}`.trim() + `, ${inFull.format((at ?? points[index][0]) * 1000)}`;
}
function leaveChart(figure) { delete figure.dataset.index; $('[data-cursor]', figure).setAttribute('d', ''); $('[data-readout]', figure).textContent = ''; }
const plotOf = event => up(event, '[data-chart] .plot');
on('pointermove', event => {
  const plot = plotOf(event); if (!plot) return;
  const figure = plot.closest('[data-chart]'), points = pointsOf(figure), box = plot.getBoundingClientRect();
  const at = points[0][0] + (points.at(-1)[0] - points[0][0]) * Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
  readPoint(figure, points.findLastIndex(point => point[0] <= at), at);
});
on('pointerout', event => { const plot = plotOf(event); if (plot && !plot.contains(event.relatedTarget)) leaveChart(plot.closest('[data-chart]')); });
on('focusout', event => { const plot = plotOf(event); if (plot) leaveChart(plot.closest('[data-chart]')); });
on('keydown', event => {
  const plot = plotOf(event), move = MOVES[event.key]; if (!plot || !move) return;
  event.preventDefault();
  const figure = plot.closest('[data-chart]'), last = pointsOf(figure).length - 1, now = Number(figure.dataset.index ?? last + (move < 0 ? 1 : 0));
  $('[data-readout]', figure).setAttribute('aria-live', 'polite'); readPoint(figure, Math.max(0, Math.min(last, now + move)));
});
