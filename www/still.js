// Before the figure is there, a still picture of it: the pictures of the course notes, where there is one of what is asked for.
// A script of its own, before all others, so that the picture does not wait for them; page.js takes it away. On published sites
// alone: a server of recordings opens one of these.

{
  const DRAWN =
    'four-ticks four-way-close framed-echo framed-hello hello-tcp hello-udp nagle-delayed-ack-stall reset-unread-data short-read ' +
    'split-message stale-syn sticky-packets three-way-handshake time-wait-last-ack-lost udp-keeps-boundaries udp-truncation';
  const asked = new URLSearchParams(location.hash.slice(1));
  const other = ['src', 'json', 'predict', 'view', 'at'].some((name) => asked.has(name));
  const name = other ? undefined : (asked.get('scenario') ?? 'hello-tcp');
  const player = document.querySelector('framewire-player');
  if (player && name && DRAWN.split(' ').includes(name)) {
    const tag = asked.get('lang') ?? navigator.languages?.find((tag) => /^(zh|en)/i.test(tag)) ?? 'en';
    const picture = new Image();
    picture.className = 'still';
    picture.alt = name;
    picture.src = `notes/figures/${name}.${tag.toLowerCase().startsWith('zh') ? 'zh' : 'en'}.svg`;
    player.append(picture);
  }
}
