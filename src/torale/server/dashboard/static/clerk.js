// Clerk's components, on the pages that carry them; who signs in there gets a session of ours.
// app.js is loaded before this, Clerk's own scripts too. Without them the page says so.
{
  const spot = $('#clerk'), { mode, next } = spot.dataset, PATIENCE = 20_000;
  const say = (problem, words) => {
    for (const one of $$('[data-clerk-problem]')) one.hidden = one.dataset.clerkProblem !== problem;
    if (words) $(`[data-clerk-problem="${problem}"] [data-words]`).textContent = words;
    spot.setAttribute('aria-busy', 'false');
  };
  const REFUSED = {
    401: 'Clerk signed you in, but this server does not accept what it said. Tell whoever runs this server.',
    403: 'Your account here is deactivated. Ask whoever runs this server.',
    422: 'Clerk knows no verified e-mail address of yours. Verify one there, then sign in again.',
    429: 'There were too many tries. Wait a few minutes.',
    503: 'Clerk does not answer this server right now. Try again in a moment.',
  };

  let entering = false;
  async function enter() { // once: Clerk tells of its session several times
    if (entering || !Clerk.session) return;
    entering = true;
    try {
      const token = await Clerk.session.getToken();
      const answer = await fetch('/auth/clerk/session', { method: 'POST', headers: { Authorization: `Bearer ${token}` } });
      if (answer.ok) return location.replace(next);
      say('refused', REFUSED[answer.status] || `This server answered ${answer.status}. Try again in a moment.`);
    } catch { say('refused', 'The server can’t be reached. Try again in a moment.'); }
    entering = false;
  }
  async function leave() {
    await Clerk.signOut(() => {});
    say('done');
  }

  // Clerk cannot read our colours as they are written: a canvas turns them into plain ones.
  const pen = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const colour = name => {
    const probe = document.createElement('i');
    probe.hidden = true; probe.style.color = `var(--${name})`; spot.append(probe);
    pen.fillStyle = getComputedStyle(probe).color; pen.fillRect(0, 0, 1, 1); probe.remove();
    return `rgb(${[...pen.getImageData(0, 0, 1, 1).data.slice(0, 3)].join(', ')})`;
  };
  const look = () => ({
    variables: {
      colorBackground: colour('card'), colorForeground: colour('text'), colorMutedForeground: colour('text-2'), colorNeutral: colour('text'),
      colorInput: colour('card'), colorInputForeground: colour('text'), colorPrimary: colour('iris'), colorPrimaryForeground: colour('card'),
      fontFamily: getComputedStyle(document.body).fontFamily, borderRadius: '8px',
    },
    elements: { rootBox: { width: '100%' }, cardBox: { width: '100%' } },
  });
  function show() {
    const here = location.pathname + location.search, routing = 'hash';
    if (mode === 'sign-out') return Clerk.session ? leave() : say('done');
    if (mode === 'profile') { Clerk.mountUserProfile(spot, { routing }); return say(''); }
    if (Clerk.session) return enter();
    Clerk.addListener(enter);
    const paths = { forceRedirectUrl: here, signUpForceRedirectUrl: here, signInForceRedirectUrl: here, signInUrl: spot.dataset.signIn, signUpUrl: spot.dataset.signUp };
    if (mode === 'sign-up') Clerk.mountSignUp(spot, { routing, ...paths }); else Clerk.mountSignIn(spot, { routing, ...paths });
    say('');
  }
  async function start() {
    const late = new Promise((_, fail) => setTimeout(fail, PATIENCE, new Error('late')));
    const options = { ui: { ClerkUI: window.__internal_ClerkUICtor }, appearance: look(), telemetry: false, signInUrl: '/sign-in', signUpUrl: '/sign-up', afterSignOutUrl: '/signed-out' };
    await Promise.race([window.Clerk.load(options), late]);
    await show();
  }
  start().catch(() => say('unreachable'));

  on('click', async event => {
    if (up(event, '[data-clerk-retry]')) { event.preventDefault(); location.reload(); }
    if (up(event, '[data-clerk-leave]')) { await Clerk.signOut(() => {}); location.reload(); }
  });
}
