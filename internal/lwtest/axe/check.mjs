// Opens every HTML file of a folder in a browser and fails where axe-core finds a
// fault, where the page asks for anything from outside, where it does not fit a narrow
// window, where the keyboard does not reach the skip link, or where its filter does not
// filter. Usage: node check.mjs BROWSER FOLDER
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";

// The modules lie where they were installed, not beside this file.
const require = createRequire(path.join(process.cwd(), "x.js"));
const puppeteer = require("puppeteer-core");
const { AxePuppeteer } = require("@axe-core/puppeteer");

const [browserPath, folder] = process.argv.slice(2);
const files = fs.readdirSync(folder).filter((name) => name.endsWith(".html")).sort();
const faults = [];
let passes = 0;

const browser = await puppeteer.launch({
  executablePath: browserPath,
  headless: true,
  args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking"],
});

async function axe(page, name, state) {
  const result = await new AxePuppeteer(page).analyze();
  passes += result.passes.length;
  for (const v of result.violations) {
    faults.push(`${name}, ${state}: ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | ")}`);
  }
}

async function check(name) {
  const url = "file://" + path.resolve(folder, name);
  const page = await browser.newPage();
  try {
    await page.setRequestInterception(true);
    page.on("request", (request) => {
      if (request.url().split("#")[0] === url) {
        request.continue();
        return;
      }
      faults.push(`${name}: asks for ${request.url().slice(0, 200)}`);
      request.abort();
    });
    page.on("pageerror", (err) => faults.push(`${name}: script: ${err.message}`));
    page.on("console", (m) => { if (m.type() === "error") { faults.push(`${name}: console: ${m.text().slice(0, 200)}`); } });
    await page.setViewport({ width: 1000, height: 800 });
    await page.goto(url, { waitUntil: "load" });

    await page.keyboard.press("Tab");
    if ((await page.evaluate(() => document.activeElement.className)) !== "skip") {
      faults.push(`${name}: the first stop of the keyboard is not the skip link`);
    }
    await page.evaluate(() => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
    await axe(page, name, "as it is");

    // A filter that matches nothing hides every row, and says so.
    const filtered = await page.evaluate(() => {
      const field = document.querySelector(".filter input");
      if (!field) { return ""; }
      field.value = "no row has these words zzzz";
      field.dispatchEvent(new Event("input"));
      const table = field.parentNode.nextElementSibling.querySelector("table");
      const left = [...table.tBodies[0].rows].filter((r) => !r.hidden).length;
      const said = field.parentNode.querySelector("span").textContent;
      return left === 0 && said.startsWith("0 ") ? "" : `${left} rows left, and it says ${said}`;
    });
    if (filtered) { faults.push(`${name}: the filter: ${filtered}`); }

    // 1280 pixels at 400 % are 320.
    await page.setViewport({ width: 320, height: 256 });
    const wide = await page.evaluate(() => document.scrollingElement.scrollWidth);
    if (wide > 320) { faults.push(`${name}: is ${wide} pixels wide where 320 are seen`); }

    await page.emulateMediaFeatures([{ name: "forced-colors", value: "active" }]).catch(() => {});
    if (name.startsWith("kinds")) { await axe(page, name, "narrow, forced colours"); }
  } finally {
    await page.close();
  }
}

try {
  for (const name of files) { await check(name); }
} finally {
  await browser.close();
}
console.log(`${files.length} pages, ${passes} rules held, ${faults.length} faults`);
faults.forEach((f) => console.log(f));
process.exit(files.length === 0 || passes === 0 || faults.length > 0 ? 1 : 0);
