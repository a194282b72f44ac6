// Before the figure is there, a still picture of it: the pictures of the course notes, where there is one of what is asked for.
// A script of its own, before all others: the picture is painted first, and only then the player and its module begin, which
// would keep it waiting. page.js takes it away. On published sites alone: a server of recordings opens one of these.

{
  const DRAWN =
    'four-ticks four-way-close framed-echo framed-hello hello-tcp hello-udp nagle-delayed-ack-stall reset-unread-data short-read ' +
    'split-message stale-syn sticky-packets three-way-handshake time-wait-last-ack-lost udp-keeps-boundaries udp-truncation';
  /** A picture that has come is painted within this time, in milliseconds; and so long is waited for one. */
  const [PAINTED, COMING] = [400, 2000];
  const asked = new URLSearchParams(location.hash.slice(1));
  const other = ['src', 'json', 'predict', 'view', 'at'].some((name) => asked.has(name));
  const name = other ? undefined : (asked.get('scenario') ?? 'hello-tcp');
  const player = document.querySelector('framewire-player');

  let begun = false;
  const begin = () => {
    if (begun) return;
    begun = true;
    const wasm = document.createElement('link');
    Object.assign(wasm, { rel: 'preload', href: 'pkg/framewire_bg.wasm', as: 'fetch', type: 'application/wasm', crossOrigin: '' });
    const page = document.createElement('script');
    Object.assign(page, { type: 'module', src: 'page.js' });
    document.head.append(wasm, page);
  };

  if (player && name && DRAWN.split(' ').includes(name)) {
    const tag = asked.get('lang') ?? navigator.languages?.find((tag) => /^(zh|en)/i.test(tag)) ?? 'en';
    const picture = new Image();
    picture.className = 'still';
    picture.alt = name;
    picture.decoding = 'sync';
    picture.fetchPriority = 'high';
    picture.onload = () => setTimeout(begin, PAINTED);
    picture.onerror = begin;
    picture.src = `notes/figures/${name}.${tag.toLowerCase().startsWith('zh') ? 'zh' : 'en'}.svg`;
    player.append(picture);
    const painted = 'largest-contentful-paint';
    // Nobody looks at a page in the background, and some browsers do not tell what was painted.
    if (document.hidden) begin();
    else if (PerformanceObserver.supportedEntryTypes?.includes(painted)) new PerformanceObserver(begin).observe({ type: painted, buffered: true });
    else picture.onload = () => requestAnimationFrame(() => requestAnimationFrame(begin));
    setTimeout(begin, COMING);
  } else {
    begin();
  }
}
