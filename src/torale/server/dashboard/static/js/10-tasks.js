// --- one menu serves every row of the task list ------------------------------------------------------------------------------
let menuFor = null;
on('beforetoggle', event => {
  const menu = event.target; if (menu.id !== 'row-menu' || event.newState !== 'open' || !popoverOpener) return;
  const { id, title } = menuFor = popoverOpener.dataset;
  $$('[data-href]', menu).forEach(link => { link.href = link.dataset.href.replace('{id}', id); });
  const copy = $('[data-copy-tpl]', menu), sure = $('[data-confirm]', menu);
  copy.dataset.copy = copy.dataset.copyTpl.replace('{id}', id);
  sure.dataset.tpl ??= sure.dataset.confirmText; sure.dataset.confirmText = sure.dataset.tpl.replace('{title}', () => title);
}, true);
on('submit', event => {
  if (!up(event, '[data-row-delete]') || !menuFor) return;
  event.preventDefault(); htmx.ajax('POST', `/tasks/${menuFor.id}/delete`, { target: `#row-${menuFor.id}`, swap: 'outerHTML' });
});

// --- bulk selection, with shift-click ranges ---------------------------------------------------------------------------------
let lastTicked = null;
function showTicked() {
  const all = $$('[data-check]'), bar = $('[data-bulkbar]'), head = $('[data-check-all]'); if (!bar) return;
  const ticked = all.filter(one => one.checked).length;
  bar.hidden = !ticked; $('[data-bulk-n]').textContent = ticked; head.checked = ticked > 0 && ticked === all.length; head.indeterminate = ticked > 0 && ticked < all.length;
  if (!ticked) { const whole = $('[data-bulk-all]'); if (whole) whole.checked = false; }
}
on('click', event => {
  const box = up(event, '[data-check]'), all = $$('[data-check]');
  if (box) {
    if (event.shiftKey && lastTicked) { const [from, to] = [all.indexOf(lastTicked), all.indexOf(box)].sort((a, b) => a - b); all.slice(Math.max(0, from), to + 1).forEach(one => { one.checked = box.checked; }); }
    lastTicked = box; showTicked();
  }
  if (up(event, '[data-check-all]')) { all.forEach(one => { one.checked = event.target.checked; }); showTicked(); }
  if (up(event, '[data-bulk-clear]')) { all.forEach(one => { one.checked = false; }); showTicked(); }
});
on('keydown', event => { if (event.key === 'Escape' && !$('dialog[open]') && $('[data-bulkbar]:not([hidden])')) $('[data-bulk-clear]').click(); });
on('htmx:afterSettle', showTicked);

// --- an answer that is rows goes where those rows are, as a live one does: focus, ticks and the chosen row stay
on('htmx:beforeSwap', event => {
  const { target, xhr } = event.detail; if (xhr.status !== 200 || !target.matches('[data-row], body')) return;
  const template = document.createElement('template'); template.innerHTML = xhr.responseText;
  const rows = $$('tr[data-row]', template.content); if (!rows.length) return;
  event.detail.shouldSwap = false; swapRows(rows);
});
