// Opens each page at the widths of a phone and of a desktop, light and dark, and looks for what a reader would stumble
// over: axe-core's findings (structure, names, contrast), text that runs out of the window, anything that is loaded
// from elsewhere.
//
//   node check.mjs DIR...                    checks every *.html in these folders; exit code 1 where something is wrong
//   node check.mjs --pictures DIR FILE...    writes pictures of these pages instead
import { chromium } from 'playwright-core';
import { mkdir, readFile, readdir, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const WIDTHS = { phone: 360, desktop: 1024 };
const SCHEMES = ['light', 'dark'];
const PROGRAMS = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

async function browserProgram() {
  for (const path of PROGRAMS.filter(Boolean)) {
    if (await stat(path).catch(() => null)) return path;
  }
  throw new Error('no Chromium found: install the package chromium, or name the program in the variable CHROMIUM');
}

const browser = await chromium.launch({
  executablePath: await browserProgram(),
  args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb'],
});

// Every state of a page in which it is looked at.
async function* states(page) {
  for (const [device, width] of Object.entries(WIDTHS)) {
    await page.setViewportSize({ width, height: 800 });
    for (const scheme of SCHEMES) {
      await page.emulateMedia({ colorScheme: scheme });
      yield `${device}-${scheme}`;
    }
  }
}

// What is wrong with a page, as lines.
async function findings(page, file) {
  const found = [];
  const loaded = (request) => {
    const url = request.url();
    if (!url.startsWith('file:') && !url.startsWith('data:')) found.push(`loads ${url}`);
  };
  page.on('request', loaded);
  await page.goto(pathToFileURL(file).href);
  await page.evaluate(axe);
  for await (const state of states(page)) {
    const { violations } = await page.evaluate(() =>
      window.axe.run({ resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
    for (const violation of violations) {
      const where = violation.nodes.slice(0, 3).map((node) => node.html.slice(0, 120)).join(' | ');
      found.push(`${state}: ${violation.id}: ${violation.help}: ${where}`);
    }
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (over > 0) found.push(`${state}: ${over} pixels run out of the window`);
  }
  page.off('request', loaded);
  return found;
}

// Hands the files out to a few pages that work side by side.
async function inParallel(files, work) {
  const queue = [...files];
  await Promise.all([1, 2].map(async () => {
    const page = await browser.newPage();
    for (let file = queue.shift(); file; file = queue.shift()) await work(page, file);
    await page.close();
  }));
}

let failed = false;
const words = process.argv.slice(2);
if (words[0] === '--pictures') {
  const [, to, ...files] = words;
  await mkdir(to, { recursive: true });
  await inParallel(files.map((file) => resolve(file)), async (page, file) => {
    await page.goto(pathToFileURL(file).href);
    for await (const state of states(page)) {
      const name = `${basename(dirname(file))}-${basename(file, '.html')}-${state}.png`;
      await page.screenshot({ path: join(to, name), fullPage: true });
    }
  });
} else {
  const files = [];
  for (const folder of words) {
    const names = await readdir(folder);
    files.push(...names.filter((name) => name.endsWith('.html')).map((name) => resolve(folder, name)));
  }
  if (files.length === 0) {
    console.error('check.mjs: there is no page to look at');
    failed = true;
  }
  await inParallel(files, async (page, file) => {
    for (const finding of await findings(page, file)) {
      failed = true;
      console.log(`${basename(dirname(file))}/${basename(file)}: ${finding}`);
    }
  });
  console.log(`${files.length} pages in ${Object.keys(WIDTHS).length * SCHEMES.length} states each`);
}
await browser.close();
process.exitCode = failed ? 1 : 0;
