// What every page uses: no framework, no inline code. Everything works without it; this makes it quick.
// Files of this folder are joined in the order of their names; they share these few names.
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const on = (type, act, options) => document.addEventListener(type, act, options);
const up = (event, selector) => event.target instanceof Element ? event.target.closest(selector) : null;
const setCookie = (name, value) => {
  const secure = location.protocol === 'https:' ? ';secure' : '';
  document.cookie = `${name}=${value};path=/;max-age=31536000;samesite=lax${secure}`;
};

// --- time: the server's text stays until this improves it. The profile's zone wins over the browser's.
const browserZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const zone = document.documentElement.dataset.zone || browserZone;
if (browserZone && !document.cookie.split('; ').includes(`tz=${browserZone}`)) setCookie('tz', browserZone);
const inFull = new Intl.DateTimeFormat('en-GB', { timeZone: zone, weekday: 'short', day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', timeZoneName: 'short' });
const UNITS = [[31536000, 'y'], [2592000, 'mo'], [86400, 'd'], [3600, 'h'], [60, 'min']];
function relative(moment) {
  const away = (moment - Date.now()) / 1000, size = Math.abs(away);
  if (size < 45) return away <= 0 ? 'now' : 'in under a minute';
  const [seconds, unit] = UNITS.find(([one]) => size >= one * .96) || UNITS[4], count = Math.max(1, Math.round(size / seconds));
  return away > 0 ? `in ${count} ${unit}` : `${count} ${unit} ago`;
}
function times(root = document) {
  for (const time of $$('time[datetime]', root)) {
    const moment = new Date(time.dateTime);
    time.title = inFull.format(moment);
    if ('rel' in time.dataset) { const text = relative(moment); if (time.textContent !== text) time.textContent = text; }
  }
}
times(); setInterval(times, 20000);
on('visibilitychange', () => { if (!document.hidden) times(); });

// --- toasts, with undo -----------------------------------------------------------------------------
const sprite = document.currentScript.dataset.sprite;
const icon = name => {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg'), use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  svg.setAttribute('class', 'i'); svg.setAttribute('aria-hidden', 'true'); use.setAttribute('href', `${sprite}#${name}`); svg.append(use);
  return svg;
};
const fade = (element, seconds) => {
  let timer; const arm = () => { clearTimeout(timer); timer = setTimeout(() => element.remove(), seconds * 1000); }, stay = () => clearTimeout(timer);
  element.addEventListener('mouseenter', stay); element.addEventListener('focusin', stay);
  element.addEventListener('mouseleave', arm); element.addEventListener('focusout', arm); arm();
};
function toast({ text, undo, kind = 'ok' }) {
  const element = document.createElement('div'); element.className = `toast ${kind}`;
  element.append(icon(kind === 'ok' ? 'circle-check' : 'circle-alert'), text);
  if (undo) {
    const button = document.createElement('button'); button.type = 'button'; button.textContent = 'Undo';
    button.addEventListener('click', () => { element.remove(); htmx.ajax('POST', undo, { swap: 'none' }); }); element.append(button);
  }
  $('#toasts').append(element); fade(element, undo ? 10 : 4.5);
}
for (const left of $$('[data-toast]')) fade(left, $('form', left) ? 10 : 4.5);
on('toast', event => toast(event.detail));
on('htmx:sendError', () => toast({ kind: 'bad', text: 'The server can’t be reached. Nothing was changed.' }));
on('htmx:responseError', event => { // the server's own words come as a toast of their own
  if (!event.detail.xhr.getResponseHeader('HX-Trigger')) toast({ kind: 'bad', text: `That didn’t work (${event.detail.xhr.status}). Nothing was changed.` });
});

// --- optimistic switches: flip at once, flip back on failure ------------------------------------------
const flip = control => { control.setAttribute('aria-checked', control.getAttribute('aria-checked') !== 'true'); control.closest('tr')?.classList.toggle('is-paused'); };
const flipped = event => $(':scope > [data-optimistic]', event.target); // of this form: other requests come from the body, which holds them all
on('htmx:beforeRequest', event => { const control = flipped(event); if (control) flip(control); });
on('htmx:afterRequest', event => { const control = flipped(event); if (control && !event.detail.successful) flip(control); });

// --- confirm: one dialog for all destructive buttons ----------------------------------------------------
on('click', event => {
  const button = up(event, '[data-confirm]'), dialog = $('#confirm');
  if (!button || !dialog || button.dataset.sure) return;
  event.preventDefault(); event.stopImmediatePropagation();
  $('#confirm-title').textContent = button.dataset.confirm; $('#confirm-text').textContent = button.dataset.confirmText || '';
  $('[data-confirm-yes]').textContent = button.dataset.confirmLabel || 'Delete';
  $$('[popover]:popover-open').forEach(one => one.hidePopover());
  dialog.returnValue = ''; dialog.showModal();
  dialog.onclose = () => { if (dialog.returnValue === 'yes') { button.dataset.sure = 1; button.form.requestSubmit(button); delete button.dataset.sure; } else button.focus(); };
}, true);

// --- dialogs and popovers -----------------------------------------------------------------------------------
on('click', event => {
  const opener = up(event, '[data-open]'), closer = up(event, '[data-close]');
  if (opener && !(event.metaKey || event.ctrlKey)) {
    const dialog = document.getElementById(opener.dataset.open); event.preventDefault();
    $$('dialog[open]').forEach(one => one !== dialog && one.close());
    if (!dialog.open) { forgetWords(dialog); dialog.showModal(); dialog.opener = opener; }
  }
  if (closer?.closest('dialog')) { event.preventDefault(); closer.closest('dialog').close(); }
  if (event.target instanceof HTMLDialogElement && !$('[data-guard]', event.target)) event.target.close();
});
on('cancel', event => { // Esc: what was not copied asks once
  const guard = event.target instanceof Element && $('[data-guard]', event.target);
  if (guard && !guard.dataset.done) { event.preventDefault(); guard.dataset.done = 1; $('.guard-note', guard).hidden = false; }
}, true);
function forgetWords(dialog) { // each time the palette begins anew, however it ended before
  const words = $('[data-palette-input]', dialog); if (!words) return;
  words.value = ''; words.dispatchEvent(new Event('input', { bubbles: true }));
}
on('close', event => { // a key leaves the page with its dialog
  if (event.target.open) return; // browsers tell late: it may have been opened again meanwhile
  const body = $('[data-empty-on-close]', event.target); if (body) body.replaceChildren();
  const { opener } = event.target; event.target.opener = null;
  if (document.activeElement === document.body) opener?.focus(); // whatever has the focus by now keeps it
}, true);
let popoverOpener = null;
on('click', event => { popoverOpener = up(event, '[popovertarget]') || popoverOpener; }, true);
on('toggle', event => {
  const popover = event.target; if (!popover.matches?.('[popover]') || event.newState !== 'open') return;
  const anchor = (popoverOpener?.isConnected && popoverOpener.getAttribute('popovertarget') === popover.id ? popoverOpener : $(`[popovertarget="${popover.id}"]`)).getBoundingClientRect();
  const width = popover.offsetWidth, height = popover.offsetHeight, above = anchor.bottom + height + 12 > innerHeight && anchor.top > height + 12;
  popover.style.left = `${Math.max(12, Math.min(anchor.right - width, innerWidth - width - 12))}px`;
  popover.style.top = `${above ? anchor.top - height - 6 : anchor.bottom + 6}px`;
}, true);
addEventListener('scroll', () => $$('[popover]:popover-open').forEach(one => one.hidePopover()), { passive: true });

// --- copy -------------------------------------------------------------------------------------------------------
on('click', async event => {
  const button = up(event, '[data-copy]'); if (!button) return;
  try { await navigator.clipboard.writeText(button.dataset.copy); } catch { // no clipboard on plain http: select the text, and say so
    const text = $('[data-select]', button.parentElement); if (text) getSelection().selectAllChildren(text);
    if (!text || !document.execCommand?.('copy')) { toast({ kind: 'bad', text: text ? 'The browser blocked copying. The text is selected: press Ctrl C.' : 'The browser blocked copying.' }); return; }
  }
  const guard = button.closest('[data-guard]'); if (guard) { guard.dataset.done = 1; $('.guard-note', guard).hidden = true; }
  const use = $('use', button), label = $('span', button);
  button.dataset.icon ??= use?.getAttribute('href') || ''; use?.setAttribute('href', `${sprite}#check`);
  if (button.dataset.copiedLabel && label) label.textContent = button.dataset.copiedLabel; else toast({ text: 'Copied' });
  setTimeout(() => use?.setAttribute('href', button.dataset.icon), 1600);
});

// --- theme: auto, light, dark ---------------------------------------------------------------------------------------
on('click', event => {
  if (!up(event, '[data-theme-toggle]')) return;
  const root = document.documentElement, isDark = root.dataset.theme === 'dark' || (root.dataset.theme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);
  root.dataset.theme = isDark ? 'light' : 'dark'; setCookie('theme', root.dataset.theme);
});

// --- unread: title, favicon, rail, bottom bar --------------------------------------------------------------------------
function showUnread(count, told = String(count)) {
  document.title = document.title.replace(/^\(\d+\+?\) /, ''); if (count) document.title = `(${told}) ${document.title}`;
  const link = $('link[rel=icon]'); link.href = count ? link.dataset.unread : link.dataset.read;
  $$('[data-unread-count]').forEach(one => { one.textContent = told; one.hidden = !count; });
  $$('[data-bell] .dot, [data-unread-dot]').forEach(one => { one.hidden = !count; });
  $$('[data-bell]').forEach(one => one.setAttribute('aria-label', `Inbox, ${told} unread`));
}
on('unread', event => showUnread(event.detail.value ?? event.detail));

// --- keyboard ---------------------------------------------------------------------------------------------------------------
let wentAt = 0;
const PLACES = { t: '/tasks', i: '/inbox', k: '/settings/api-keys', n: '/settings/notifications' };
const go = path => { location.href = path; };
const shortcutsAreOff = () => localStorage.getItem('shortcuts') === 'off';
const cursor = () => $('[data-row].is-cursor'); // what the keys act on is what is seen to be chosen, whatever list came since
function move(rows, by) {
  if (!rows.length) return;
  const old = cursor(), row = rows[Math.max(0, Math.min(rows.length - 1, rows.indexOf(old) + by))] || rows[0];
  old?.classList.remove('is-cursor'); row.classList.add('is-cursor');
  $('.t-title', row)?.focus({ preventScroll: true }); row.scrollIntoView({ block: 'nearest' });
}
const KEYS = {
  g: () => { wentAt = Date.now(); },
  n: () => go('/new'),
  '?': () => $('#shortcuts')?.showModal(),
  '/': event => { const input = $('[data-slash]'); if (input) { event.preventDefault(); input.focus(); input.select(); } },
  j: () => move($$('[data-row]'), 1),
  k: () => move($$('[data-row]'), -1),
  x: () => cursor() && $('[data-check]', cursor()).click(),
  p: () => (cursor() ? $('.switch', cursor()) : $('[aria-keyshortcuts="p"]'))?.click(),
  r: () => (cursor() ? $('[data-run]', cursor()) : $('[aria-keyshortcuts="r"]'))?.click(),
  e: () => (cursor() ? go(`${$('.t-title', cursor()).pathname}/edit`) : $('[aria-keyshortcuts="e"]')?.click()),
};
on('keydown', event => {
  const palette = $('#palette');
  if (palette && (event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') { event.preventDefault(); if (palette.open) palette.close(); else { $$('dialog[open]').forEach(one => one.close()); forgetWords(palette); palette.showModal(); } return; }
  if (event.ctrlKey || event.metaKey || event.altKey || shortcutsAreOff()) return;
  if (!palette || up(event, 'input:not([type=checkbox]),textarea,select,[contenteditable]') || $('dialog[open]')) return;
  if (Date.now() - wentAt < 900) { wentAt = 0; if (PLACES[event.key]) { go(PLACES[event.key]); return; } }
  KEYS[event.key]?.(event);
});
on('keydown', event => { // arrows in menus and in the palette
  const box = up(event, '.menu, .palette'); if (!box || !['ArrowDown', 'ArrowUp'].includes(event.key)) return;
  event.preventDefault();
  const items = $$('a, li button, .menu button', box).filter(one => one.offsetParent), index = items.indexOf(document.activeElement);
  items.at((index + (event.key === 'ArrowDown' ? 1 : index < 0 ? 0 : -1)) % items.length)?.focus();
});
on('input', event => { const input = up(event, '[data-palette-input]'); if (input) $$('[data-palette-list] li').forEach(one => { one.hidden = !one.textContent.toLowerCase().includes(input.value.toLowerCase()); }); });
const switchOff = $('[data-shortcuts-off]');
if (switchOff) { switchOff.checked = shortcutsAreOff(); switchOff.addEventListener('change', () => localStorage.setItem('shortcuts', switchOff.checked ? 'off' : 'on')); }

// --- after every swap: times, focus on what is wrong -------------------------------------------------------------------------
on('htmx:afterSettle', event => {
  times(event.target);
  ($('[aria-invalid]', event.target) || $('[autofocus]', event.target))?.focus();
});
