// Builds src/ into ../static/dist: hashed files, manifest.json (plain name -> hashed name) for asset(), the sprite of
// the icons that pages name, and .br/.gz twins of all that compresses. The folder is swapped at the end, so that a
// running server never sees half a build.

import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import * as esbuild from 'esbuild';

const here = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const root = path.resolve(here, '../..');
const dist = path.resolve(here, '../static/dist');
const draft = `${dist}.new`;

async function bundle() {
  const { metafile } = await esbuild.build({
    absWorkingDir: here,
    entryPoints: ['src/app.js', 'src/app.css'],
    outdir: draft,
    entryNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    legalComments: 'linked',
    loader: { '.woff2': 'file', '.svg': 'dataurl' },
    metafile: true,
    logLevel: 'warning',
  });
  const entries = Object.entries(metafile.outputs).filter(([, output]) => output.entryPoint);
  return entries.map(([file, output]) => [path.basename(output.entryPoint), path.basename(file)]);
}

// Templates say icon("name"), also icon("one" if x else "other"); Python says icon("name") or icon="name".
function iconsNamedIn(text) {
  const calls = text.matchAll(/\bicon\(([^,)]*)|\bicon\s*=\s*(['"][a-z0-9-]+['"])/g);
  const compared = /[!=]=\s*['"][^'"]*['"]/g;
  return [...calls].flatMap(([, call, value]) =>
    [...(call ?? value).replace(compared, '').matchAll(/['"]([a-z0-9-]+)['"]/g)].map(([, name]) => name));
}

function* sources(folder) {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!['node_modules', 'static', '__pycache__'].includes(entry.name)) yield* sources(file);
    } else if (/\.(html|py|js)$/.test(entry.name)) {
      yield file;
    }
  }
}

function symbol(name, file) {
  const source = path.join(here, 'node_modules/@tabler/icons/icons/outline', `${name}.svg`);
  if (!fs.existsSync(source)) throw new Error(`${path.relative(root, file)}: no icon is named ${name}`);
  const drawing = fs.readFileSync(source, 'utf8').replace(/<!--[\s\S]*?-->/g, '');
  const inside = drawing.replace(/^[\s\S]*?<svg[^>]*>/, '').replace(/<\/svg>\s*$/, '').trim();
  return `<symbol id="i-${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75"`
    + ` stroke-linecap="round" stroke-linejoin="round">${inside}</symbol>`;
}

function sprite() {
  const named = new Map();
  for (const folder of ['templates', 'app'].map((name) => path.join(root, name)).filter(fs.existsSync)) {
    for (const file of sources(folder)) {
      for (const name of iconsNamedIn(fs.readFileSync(file, 'utf8'))) named.set(name, file);
    }
  }
  const symbols = [...named].sort().map(([name, file]) => symbol(name, file));
  const text = `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join('')}</svg>\n`;
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8);
  fs.writeFileSync(path.join(draft, `icons-${hash}.svg`), text);
  return ['icons.svg', `icons-${hash}.svg`];
}

function compress() {
  for (const name of fs.readdirSync(draft).filter((name) => /\.(js|css|svg)$/.test(name))) {
    const file = path.join(draft, name);
    const bytes = fs.readFileSync(file);
    fs.writeFileSync(`${file}.br`, zlib.brotliCompressSync(bytes));
    fs.writeFileSync(`${file}.gz`, zlib.gzipSync(bytes, { level: 9 }));
    console.log(`  ${name.padEnd(24)} ${bytes.length} bytes, ${fs.statSync(`${file}.br`).size} as brotli`);
  }
}

fs.rmSync(draft, { recursive: true, force: true });
fs.mkdirSync(draft, { recursive: true });
const manifest = Object.fromEntries([...(await bundle()), sprite()]);
fs.writeFileSync(path.join(draft, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
compress();
fs.rmSync(dist, { recursive: true, force: true });
fs.renameSync(draft, dist);
