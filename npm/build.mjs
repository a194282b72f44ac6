// Bundles the player: node build.mjs [--page FILE [SCENARIO]]. Without arguments the package's dist/; with --page one
// self-contained HTML file. The WASM must have been built (`cargo xtask wasm`).

import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const www = new URL('../www/', import.meta.url);
const wasm = new URL('pkg/framewire_bg.wasm', www);

/** What both bundles share. */
const options = {
  entryPoints: [new URL('player/element.js', www).pathname],
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  legalComments: 'none',
};

/** The package: one script with its source map, and the module beside it. */
async function packageFolder() {
  const dist = new URL('dist/', import.meta.url);
  await rm(dist, { recursive: true, force: true });
  await mkdir(dist);
  await build({ ...options, outfile: new URL('framewire-player.js', dist).pathname, sourcemap: true });
  await copyFile(wasm, new URL('framewire_bg.wasm', dist));
}

/** The page's own way to put one file together. Bundled first: Node takes a lone .js file for CommonJS. */
async function template() {
  const entryPoints = [new URL('player/save.js', www).pathname];
  const bundle = await build({ ...options, entryPoints, define: { 'import.meta.url': '""' }, write: false });
  return import(`data:text/javascript;base64,${Buffer.from(bundle.outputFiles[0].text).toString('base64')}`);
}

async function page(file, scenario = 'hello-tcp') {
  // In one file the module has no address of its own; core.js finds the WASM inside.
  const define = { 'import.meta.url': '""' };
  const bundle = await build({ ...options, define, write: false });
  const script = bundle.outputFiles[0].text.replaceAll('</script', '<\\/script');
  const hash = createHash('sha256').update(script).digest('base64');
  const own = scenario.endsWith('.json') ? await readFile(scenario, 'utf8') : undefined;
  const { onePage } = await template();
  const html = onePage({
    title: 'framewire',
    lang: 'en',
    scripts: `<script type="module">${script}</script>`,
    policy: `default-src 'none'; script-src 'sha256-${hash}' 'wasm-unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:; connect-src data:`,
    wasm: gzipSync(await readFile(wasm), { level: 9 }).toString('base64'),
    attributes: own ? { controls: 'full' } : { controls: 'full', scenario },
    scenario: own,
  });
  await writeFile(file, html);
}

const [flag, file, scenario] = process.argv.slice(2);
if (flag === '--page') await page(file, scenario);
else await packageFolder();
