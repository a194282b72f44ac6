// Bundles the player: node build.mjs [--page FILE [SCENARIO] | --site FOLDER]. Without arguments the package's dist/; with
// --page one self-contained HTML file; with --site the scripts of a static site, over the copies that stand there. The WASM
// must have been built (`cargo xtask wasm`).

import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, transform } from 'esbuild';
import { minify } from 'terser';

const www = new URL('../www/', import.meta.url);
const wasm = new URL('pkg/framewire_bg.wasm', www);

/** What stands in the scripts as they are served, and needs not be sent. */
const lean = {
  name: 'lean',
  setup({ onLoad }) {
    // The style sheets are texts in the scripts.
    onLoad({ filter: /\/player\/[\w-]+\.js$/ }, async ({ path }) => {
      let contents = await readFile(path, 'utf8');
      for (const [whole, css] of contents.matchAll(/^const css = `(.*?)`;$/gms)) {
        // What is put in are whole rules: they stand at the place of one.
        const values = [];
        const rules = css.replace(/\$\{\w+\}/g, (value) => `.value{order:${values.push(value)}}`);
        const { code } = await transform(rules, { loader: 'css', minify: true, target: options.target });
        const small = code.trim().replace(/\.value\{order:(\d+)\}/g, (_, n) => values[n - 1]);
        if (values.some((value) => !small.includes(value))) throw new Error(`${path}: a sheet lost ${values}`);
        contents = contents.replace(whole, () => `const css = \`${small.replaceAll('\\', '\\\\')}\`;`);
      }
      return { contents, loader: 'js' };
    });
    // Of wasm-bindgen's bindings what older browsers than `target` would need, and what every call says again.
    onLoad({ filter: /\/pkg\/framewire\.js$/ }, async ({ path }) => {
      const written = await readFile(path, 'utf8');
      const contents = written
        .replaceAll(/, wasm\.__wbindgen_malloc, wasm\.__wbindgen_realloc\)/g, ')')
        .replace('function passStringToWasm0(arg, malloc, realloc)', 'function passStringToWasm0(arg, malloc = wasm.__wbindgen_malloc, realloc = wasm.__wbindgen_realloc)')
        .replaceAll(/\(typeof FinalizationRegistry === 'undefined'\)\s+\? .*\s+: /g, '')
        // Without memory nothing goes on anyway.
        .replaceAll(/^ +try \{\n((?: +(?:ptr|len)\d = .*\n)+) +\} catch \(e\) \{\n(?: +if \(ptr\d\) .*\n)+ +throw e;\n +\}\n/gm, '$1')
        .replaceAll(/^if \(Symbol\.dispose\) .*\n/gm, '');
      if (!contents.includes('malloc = wasm.')) throw new Error(`${path}: other bindings than expected`);
      return { contents, loader: 'js' };
    });
  },
};

/** What both bundles share. */
const options = {
  plugins: [lean],
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

/** The scripts of the site that others are built on: the addresses stay, what they share moves into one file of `pkg`. */
const ENTRIES = ['page', 'embed-page', 'player/element'];
/** The page preloads this beside the WASM. */
const PRELOAD = /^ *<link rel="modulepreload" href="(?:player|pkg)\/[^"]+">\n/gm;
/** What still.js begins instead, when its picture is painted. */
const BEGINNING = /^ *(?:<link rel="preload" [^>]*as="fetch"[^>]*>|<script type="module" src="page.js"><\/script>)\n/gm;

/**
 * The site's scripts, bundled: three small files to ask for and not forty, half as heavy.
 * @param {string} folder
 */
async function site(folder) {
  const { metafile } = await build({
    ...options,
    entryPoints: Object.fromEntries(ENTRIES.map((name) => [name, new URL(`${name}.js`, www).pathname])),
    outdir: folder,
    // Beside the module, whose address is relative to its script's.
    chunkNames: 'pkg/player-[hash]',
    splitting: true,
    allowOverwrite: true,
    metafile: true,
  });
  // A fortieth less than esbuild alone.
  for (const path of Object.keys(metafile.outputs)) {
    const { code } = await minify(await readFile(path, 'utf8'), { module: true, compress: { passes: 2 } });
    await writeFile(path, code);
  }
  const shared = Object.keys(metafile.outputs).map((path) => basename(path)).filter((name) => name.startsWith('player-'));
  if (shared.length !== 1) throw new Error(`the scripts share ${shared.length} files and not one: ${shared}`);
  for (const name of ['still.js', 'embed-parent.js', 'page.css', 'embed.css']) {
    await build({ entryPoints: [new URL(name, www).pathname], minify: true, outfile: join(folder, name), allowOverwrite: true });
  }
  // Now inside the bundle.
  for (const name of await readdir(join(folder, 'player'))) if (name !== 'element.js') await rm(join(folder, 'player', name));
  await rm(join(folder, 'pkg/framewire.js'));
  for (const name of ['index.html', 'embed.html']) {
    const page = await readFile(join(folder, name), 'utf8');
    // The many preloads become one.
    const links = [`    <link rel="modulepreload" href="pkg/${shared[0]}">\n`];
    let bundled = page.replace(PRELOAD, () => links.pop() ?? '');
    if (links.length > 0) throw new Error(`${name} preloads nothing`);
    if (name === 'index.html') {
      // Only here: a server of recordings opens one of them and not what the still picture shows.
      const begun = bundled.replace(BEGINNING, (line) => (line.includes('script') ? '    <link rel="modulepreload" href="page.js">\n' : ''));
      bundled = begun.replace('</framewire-player>\n', '$&    <script src="still.js"></script>\n');
      if (!bundled.includes('"page.js"') || bundled.includes('.wasm') || !bundled.includes('still.js')) throw new Error(`${name} begins otherwise`);
    }
    // The indentation is for who reads the source.
    await writeFile(join(folder, name), bundled.replace(/^ *<!--.*-->\n/gm, '').replace(/^ +/gm, ''));
  }
}

const [flag, file, scenario] = process.argv.slice(2);
if (flag === '--page') await page(file, scenario);
else if (flag === '--site') await site(file);
else await packageFolder();
