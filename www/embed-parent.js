// For pages that show embed.html in iframes and may run scripts: makes each iframe as tall as its figure asks.
//
//   <iframe class="framewire" src="https://…/embed.html?scenario=four-way-close" title="…"></iframe>
//   <script src="https://…/embed-parent.js"></script>
//
// A message counts only if it comes from the very window of such an iframe and from the origin of its address.

(() => {
  const TALLEST = 2000;

  /** @param {MessageEvent} event */
  function heard(event) {
    const { data } = event;
    if (data?.type !== 'framewire-height' || typeof data.height !== 'number') return;
    if (!(data.height > 0 && data.height <= TALLEST)) return;
    for (const frame of document.querySelectorAll('iframe')) {
      if (frame.contentWindow !== event.source) continue;
      const address = new URL(frame.src, document.baseURI);
      if (address.origin !== event.origin || !address.pathname.endsWith('/embed.html')) return;
      frame.style.height = `${Math.ceil(data.height)}px`;
    }
  }

  addEventListener('message', heard);
})();
