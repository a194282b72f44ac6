// Languages, themes, sizes, keyboard and accessibility.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { axeFindings, close, drawn, open, scenarioNames, sentences, show } from './page.mjs';

after(close);

test('Chinese and English are switched in place', async () => {
  const { page, player, done } = await open('scenario=hello-tcp&lang=en');
  await player.getByRole('button', { name: '中文' }).click();
  assert.equal(await page.locator('html').getAttribute('lang'), 'zh');
  const told = await sentences(player);
  assert.ok(told.some((row) => row.text.startsWith('client 向 server 发送 SYN：seq 0')));
  const ledger = await drawn(player, 'ledger');
  assert.ok(ledger.texts.includes('报文段'));
  assert.match(await player.locator('h1').innerText(), /TCP/);
  await player.getByRole('button', { name: '播放' }).waitFor();
  await player.getByRole('button', { name: 'English' }).click();
  await player.getByRole('button', { name: 'Play', exact: true }).waitFor();
  await done();
});

for (const lang of ['en', 'zh']) {
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    test(`axe-core finds nothing: ${lang}, ${colorScheme}`, async () => {
      const { page, player, done } = await open(`scenario=hello-tcp&lang=${lang}`, { colorScheme });
      assert.deepEqual(await axeFindings(page), []);
      await player.evaluate((element) => element.setAttribute('view', 'ladder bytes variables transcript'));
      await page.keyboard.press('ArrowUp');
      await player.evaluate((element) => element.transcript.go(8, false));
      assert.deepEqual(await axeFindings(page), []);
      await page.keyboard.press('?');
      assert.deepEqual(await axeFindings(page), []);
      await done();
    });
  }
}

for (const width of [320, 390]) {
  test(`axe-core finds nothing at ${width} px, and nothing is wider than the screen`, async () => {
    for (const [lang, colorScheme] of /** @type {const} */ ([['en', 'dark'], ['zh', 'light']])) {
      const viewport = { width, height: 844 };
      const { page, done } = await open(`scenario=framed-echo&lang=${lang}`, { colorScheme, viewport });
      assert.deepEqual(await axeFindings(page), []);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
      await done();
    }
  });
}

/** What can be seen of the parts of the page: their height within the screen, clear of the controls. */
const inSight = (player) =>
  player.evaluate((element) => {
    const box = (selector) => element.shadowRoot.querySelector(selector).getBoundingClientRect();
    const [controls, ledger] = [box('.controls'), box('.ledger')];
    const height = (part, until) => Math.min(part.bottom, until) - Math.max(part.top, 0);
    return {
      title: height(box('h1'), controls.top),
      ladder: height(box('.ladder'), Math.min(ledger.top, controls.top)),
      ledger: height(ledger, controls.top),
      whole: ledger.height,
      controls: height(controls, window.innerHeight),
    };
  });

for (const [width, height] of [[390, 844], [360, 740], [1280, 800]]) {
  test(`the first screen shows title, ladder, ledger and controls at ${width} px`, async () => {
    const { player, done } = await open('scenario=hello-tcp&lang=zh', { viewport: { width, height } });
    for (const name of await scenarioNames(player)) {
      await show(player, name);
      // Some scenarios are about charts, and begin without the ledger.
      if (!(await player.evaluate((element) => element.views.shown.has('bytes')))) continue;
      const seen = await inSight(player);
      // A phone shows at least the ledger's first lanes.
      const lanes = Math.min(seen.whole, 130);
      assert.ok(seen.title > 16 && seen.ladder > 150 && seen.ledger > lanes - 1 && seen.controls > 36, `${name}: ${JSON.stringify(seen)}`);
    }
    await done();
  });
}

test('on a phone ladder and ledger are one scroll, the controls stay', async () => {
  const { page, player, done } = await open('scenario=hello-tcp&lang=zh', { viewport: { width: 390, height: 844 } });
  const boxes = () =>
    player.evaluate((element) => {
      const box = (selector) => element.shadowRoot.querySelector(selector).getBoundingClientRect().toJSON();
      return { ladder: box('.ladder'), ledger: box('.ledger'), controls: box('.controls') };
    });
  const { ladder, controls } = await boxes();
  assert.ok(ladder.bottom > controls.top, 'the ladder goes on behind the ledger');
  assert.ok(controls.bottom <= 844.5 && controls.top > 600);
  // The playhead never stands behind the ledger.
  for (const part of [0.2, 0.5, 0.8]) {
    const [y, top] = await player.evaluate((element, at) => {
      element.seek(element.extent * at, true);
      const { ladder, ledger } = element;
      return [ladder.scroller.getBoundingClientRect().top + ladder.y(element.playhead), ledger.element.getBoundingClientRect().top];
    }, part);
    assert.ok(y > 60 && y < top, `${part}: ${y} of ${top}`);
  }
  await player.evaluate((element) => (element.stage.scrollTop = element.stage.scrollHeight));
  const scrolled = await boxes();
  assert.ok(scrolled.ladder.bottom <= scrolled.ledger.top + 1, 'at its own place it stands below the ladder');
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  assert.deepEqual(await axeFindings(page), []);
  await done();
});

test('with reduced motion the picture steps', async () => {
  const { page, player, done } = await open('scenario=hello-tcp&lang=en', { reducedMotion: 'reduce' });
  const positions = await player.evaluate(async (element) => {
    const seen = new Set();
    element.setSpeed(8);
    element.addEventListener('timeupdate', () => seen.add(element.playhead));
    element.play();
    await new Promise((resolve) => setTimeout(resolve, 700));
    element.pause();
    return [...seen];
  });
  assert.ok(positions.length >= 2 && positions.length < 20, String(positions.length));
  assert.ok(page);
  await done();
});

test('everything is reached by keyboard alone', async () => {
  const { page, player, done } = await open();
  const reached = new Set();
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press('Tab');
    const name = await player.evaluate((element) => {
      const active = element.shadowRoot.activeElement;
      return active ? (active.getAttribute('aria-label') ?? active.textContent ?? active.tagName) : '';
    });
    if (name) reached.add(name);
  }
  for (const name of ['Scenario', 'Play', 'One segment on', 'Position in time', 'Speed', 'Keys and help', 'Ladder']) {
    assert.ok([...reached].some((r) => r.startsWith(name) || r === name), `${name}: ${[...reached]}`);
  }
  await player.locator('.transcript tr[tabindex="0"]').focus();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  assert.ok(await player.evaluate((element) => element.selected !== 0));
  await done();
});

test('on a phone names stay on one line and fields in their dialog', async () => {
  const { page, player, done } = await open('scenario=short-read&lang=zh', { viewport: { width: 390, height: 844 } });
  const lines = await player.locator('.ledger .bar h2').evaluate((name) => {
    const range = document.createRange();
    range.selectNodeContents(name);
    return range.getClientRects().length;
  });
  assert.equal(lines, 1, 'the name of the bytes beside the choice of connections');
  await page.keyboard.press('f');
  const dialog = player.locator('dialog.framing');
  await dialog.waitFor();
  const outside = await dialog.evaluate((box) => {
    const { right } = box.getBoundingClientRect();
    return [...box.querySelectorAll('select, input, textarea, button')].filter((field) => field.getBoundingClientRect().right > right - 4).map((field) => field.tagName);
  });
  assert.deepEqual(outside, []);
  await done();
});

test('what does not fit of a program\'s line hangs below its first letter', async () => {
  const { player, done } = await open('scenario=utf8-cut&lang=en', { viewport: { width: 1280, height: 900 } });
  const lines = await player.locator('.programs.right li').evaluateAll((items) =>
    items.map((item) => {
      const code = /** @type {HTMLElement} */ (item.querySelector('code'));
      const text = code.textContent ?? '';
      const range = document.createRange();
      range.selectNodeContents(code);
      const first = code.querySelector('.indent')?.firstChild;
      if (first) range.setStart(first, Math.max(0, text.search(/\S/)));
      const rects = [...range.getClientRects()].filter((rect) => rect.width > 0);
      const tops = [...new Set(rects.map((rect) => Math.round(rect.top)))];
      const left = (/** @type {number} */ top) => Math.min(...rects.filter((rect) => Math.round(rect.top) === top).map((rect) => rect.left));
      return { text, begins: rects.length ? left(tops[0]) : 0, hang: tops.slice(1).map(left), first: rects.length ? tops[0] - item.getBoundingClientRect().top : 0 };
    }),
  );
  const wrapped = lines.filter((line) => line.hang.length > 0);
  assert.ok(wrapped.some((line) => /^ {8}print\(data\.decode/.test(line.text)), JSON.stringify(wrapped));
  for (const { text, begins, hang, first } of wrapped) {
    assert.ok(first < 10, `${text}: an empty line above it`);
    assert.ok(hang.every((left) => left > begins), `${text}: ${begins} ${hang}`);
  }
  // What is copied is the program's text, with its spaces.
  assert.match(await player.locator('.programs.right').innerText(), /\n {8}print\(data\.decode\('utf-8'\)\)/);
  await done();
});

test('no name in a program is cut in its middle', async () => {
  for (const [name, width] of [['utf8-cut', 1280], ['framed-echo', 1280], ['half-close', 1280], ['short-read', 1280], ['framed-echo', 390], ['utf8-cut', 320]]) {
    const { player, done } = await open(`scenario=${name}&lang=en`, { viewport: { width, height: 900 } });
    const cut = await player.locator('.programs .word').evaluateAll((words) => {
      const pieces = words.flatMap((word) => [word.querySelector('.indent')?.firstChild, ...[...word.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE)]);
      return pieces.flatMap((piece) => {
        const range = document.createRange();
        range.selectNodeContents(/** @type {Node} */ (piece));
        const tops = new Set([...range.getClientRects()].map((rect) => Math.round(rect.top)));
        return tops.size > 1 ? [piece?.textContent] : [];
      });
    });
    assert.deepEqual(cut, [], `${name} at ${width} px`);
    await done();
  }
});

test('programs without a figure share the width', async () => {
  const { player, done } = await open('scenario=framed-echo&lang=en&view=programs');
  const widths = await player.locator('.programs').evaluateAll((columns) => columns.map((column) => column.getBoundingClientRect().width));
  assert.ok(widths.every((width) => width > 600), String(widths));
  await done();
});

for (const width of [320, 390]) {
  test(`at ${width} px the menu of views stands within the screen`, async () => {
    for (const lang of ['en', 'zh']) {
      const { page, player, done } = await open(`scenario=hello-tcp&lang=${lang}`, { viewport: { width, height: 844 } });
      await player.getByRole('button', { name: /^(Views|视图)/ }).click();
      const boxes = await player.locator('.menu .panel').evaluate((panel) => [panel, ...panel.querySelectorAll('label, button')].map((part) => part.getBoundingClientRect().toJSON()));
      for (const { left, right } of boxes) assert.ok(left >= 0 && right <= width, `${left} ${right}`);
      await player.getByRole('checkbox').nth(2).click();
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), width);
      await done();
    }
  });
}

test('on a phone the inspector lies over the ledger, whatever it shows', async () => {
  // The first call, and the first state.
  for (const id of [0x20000000, 0x30000000]) {
    const { player, done } = await open('scenario=hello-tcp&lang=en', { viewport: { width: 390, height: 844 } });
    const covered = await player.evaluate((element, selected) => {
      element.select(selected);
      const box = element.inspector.element.getBoundingClientRect();
      return [0.1, 0.5, 0.9].map((part) => {
        const at = element.shadowRoot.elementFromPoint(box.left + box.width / 2, box.top + box.height * part);
        return at?.closest('.inspector') ? 'inspector' : at?.className;
      });
    }, id);
    assert.deepEqual(covered, ['inspector', 'inspector', 'inspector']);
    await done();
  }
});

test('a short figure grows to the room that there is', async () => {
  const { page, player, done } = await open('scenario=hello-udp&lang=en');
  const filled = () =>
    player.evaluate(({ ladder }) => ({ content: ladder.contentHeight(), room: ladder.scroller.clientHeight, scrolls: ladder.scroller.scrollHeight > ladder.scroller.clientHeight, zoom: ladder.zoom }));
  for (const name of ['hello-udp', 'closed-port', 'udp-reordered', 'udp-keeps-boundaries']) {
    await show(player, name);
    const { content, room, scrolls } = await filled();
    assert.ok(content > room * 0.65 && !scrolls, `${name}: ${content} of ${room}`);
  }
  // Twice as tall at most; and one that needs its room is as it was.
  await page.setViewportSize({ width: 1280, height: 1600 });
  await player.evaluate(() => new Promise((go) => requestAnimationFrame(() => setTimeout(go, 50))));
  assert.ok((await filled()).zoom <= 2);
  await show(player, 'fast-retransmit');
  await page.setViewportSize({ width: 1280, height: 800 });
  await player.evaluate(() => new Promise((go) => requestAnimationFrame(() => setTimeout(go, 50))));
  assert.equal((await filled()).zoom, 1);
  await done();
});

test('the bytes in the inspector stand in one line each', async () => {
  for (const width of [390, 1280]) {
    const { player, done } = await open('scenario=sticky-packets&lang=en', { viewport: { width, height: 800 } });
    // The first call that moved octets.
    await player.evaluate((element) => {
      for (let i = 0; !element.shadowRoot.querySelector('.dump') && i < 12; i++) element.select(0x20000000 + i);
    });
    const dump = await player.locator('.dump').evaluate((box) => ({
      heights: [...box.querySelectorAll('.line')].map((line) => line.getBoundingClientRect().height),
      over: box.scrollWidth - box.clientWidth,
    }));
    assert.ok(dump.heights.length > 0 && dump.heights.every((height) => height < 20), String(dump.heights));
    assert.ok(dump.over <= 0, `${dump.over} px too wide`);
    await done();
  }
});

test('what lights up in bold stays within the picture', async () => {
  const { player, done } = await open('scenario=sticky-packets&lang=en');
  const over = await player.evaluate((element) => {
    const { picture } = element.ladder;
    const { list } = picture;
    const ctx = picture.canvas.getContext('2d');
    const drawn = [];
    const proto = CanvasRenderingContext2D.prototype;
    const { fillText } = proto;
    proto.fillText = function (text, x, y, most) {
      if (this.textAlign === 'left' && this.font.startsWith('600')) drawn.push([text, x + Math.min(this.measureText(text).width, most ?? Infinity)]);
      return most === undefined ? fillText.call(this, text, x, y) : fillText.call(this, text, x, y, most);
    };
    for (const id of new Set(list.id)) if (id >>> 28 === 2) {
      element.select(id);
      picture.stale = true;
      picture.paintNow();
    }
    proto.fillText = fillText;
    return { drawn: drawn.length, ctx: Boolean(ctx), over: drawn.filter(([, right]) => right > list.width) };
  });
  assert.ok(over.drawn > 5, JSON.stringify(over));
  assert.deepEqual(over.over, []);
  await done();
});

for (const width of [360, 390]) {
  test(`at ${width} px variables are whole and the controls take two rows`, async () => {
    const { player, done } = await open('scenario=hello-tcp&lang=en&view=ladder,variables', { viewport: { width, height: 844 } });
    await player.evaluate((element) => element.seek(element.extent * 0.35, true));
    const rights = await player.locator('.sets td').evaluateAll((cells) => cells.map((cell) => cell.getBoundingClientRect().right));
    assert.ok(rights.length > 20 && rights.every((right) => right <= width - 8), String(rights));
    await player.evaluate((element) => element.seek(element.extent, true));
    const tops = await player.locator('.controls > *').evaluateAll((parts) => parts.filter((part) => part.clientHeight > 0).map((part) => part.getBoundingClientRect().bottom));
    assert.ok(Math.max(...tops) - Math.min(...tops) < 60, String(tops));
    await done();
  });
}
