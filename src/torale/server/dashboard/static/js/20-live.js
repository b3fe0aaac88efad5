// --- live: one stream per visible page; rows come as finished HTML, matched by id; without it the page is asked again
let stream = null, wasLost = false, asking = null;
function swapRows(rows) {
  for (const row of rows) {
    const old = document.getElementById(row.id); if (!old) continue;
    const focused = old.contains(document.activeElement) ? [...old.querySelectorAll('a,button,input')].indexOf(document.activeElement) : -1;
    const box = $('[data-check]', row); if (box) box.checked = Boolean($('[data-check]:checked', old));
    if (old.classList.contains('is-cursor')) row.classList.add('is-cursor');
    old.replaceWith(row); htmx.process(row); times(row);
    if (focused >= 0) [...row.querySelectorAll('a,button,input')][focused]?.focus({ preventScroll: true });
  }
}
async function refresh() { // this page as it is now; nothing is moved, and nobody who writes is disturbed
  const response = await fetch(location.href, { headers: { Accept: 'text/html' } }).catch(() => null);
  if (!response?.ok || response.redirected) return;
  const page = new DOMParser().parseFromString(await response.text(), 'text/html'), main = $('#main');
  swapRows($$('[data-row]', page)); document.title = page.title;
  if ($('#live') && page.querySelector('#live') && !main.contains(up({ target: document.activeElement }, 'input,textarea,select')) && !$('dialog[open]')) {
    const fresh = $('#main', page); main.replaceChildren(...fresh.childNodes); htmx.process(main); times(main);
    document.dispatchEvent(new CustomEvent('live:refreshed'));
  }
}
function listen() {
  if (document.hidden || stream || !$('.app')) return;
  stream = new EventSource('/events');
  stream.addEventListener('open', () => { clearInterval(asking); asking = null; if (wasLost || $('[data-run][disabled]')) refresh(); wasLost = false; });
  stream.addEventListener('error', () => {
    wasLost = true;
    if (stream?.readyState !== EventSource.CLOSED) return; // else the browser tries again by itself
    stream = null; asking ??= setInterval(() => { if (!document.hidden) { refresh(); listen(); } }, 10000);
  });
  stream.addEventListener('unread', event => { const { count, told } = JSON.parse(event.data); showUnread(count, told); });
  stream.addEventListener('rows', event => {
    const template = document.createElement('template'); template.innerHTML = event.data;
    swapRows($$('tr', template.content));
  });
  stream.addEventListener('task', event => {
    const { id, running } = JSON.parse(event.data);
    if (location.pathname !== `/tasks/${id}`) return;
    if (running) htmx.ajax('GET', `/tasks/${id}/live`, { target: '#live', swap: 'outerHTML' }); else refresh();
  });
}
function hush() { stream?.close(); if (stream) wasLost = true; stream = null; }
on('visibilitychange', () => { if (document.hidden) hush(); else listen(); });
addEventListener('pagehide', hush); addEventListener('pageshow', listen);

// --- the inbox and its bell: the newest are asked for when they are looked at; what is opened is read
on('toggle', event => {
  if (event.target.id === 'bell' && event.newState === 'open') htmx.ajax('GET', '/inbox/newest', { target: '#bell-newest', swap: 'innerHTML' });
}, true);
on('click', event => {
  const link = up(event, '[data-read-by]');
  if (link) fetch(link.dataset.readBy, { method: 'POST', keepalive: true });
});
