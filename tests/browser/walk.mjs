// Walks through pages in a real Chromium and says what it found: a job as JSON on stdin, findings as JSON on stdout.
//
// Job: {chromium, base, people: {login: password}, visits: [{name, path, as, follow, fill}], shots,
//       lighthouse: [category, ...]}
// `as` is a login or "" for a stranger; `follow` are selectors of links to go on by, one page after the other; `fill`
// are values by name that are typed into the page's form and sent, what comes of it is looked at. `shots` is a folder
// for pictures or ""; without `lighthouse` it is not asked.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const HEIGHT = 850;
const VIEWS = [
  { size: "phone", width: 360, scheme: "light", axe: RULES },
  { size: "phone", width: 360, scheme: "dark", axe: ["color-contrast", "link-in-text-block"] },
  { size: "phone", width: 320, scheme: "light" },
  { size: "desktop", width: 1280, scheme: "light", axe: RULES },
  // What is folded away is read by axe only when it is open.
  { size: "phone", width: 360, scheme: "light", axe: RULES, unfolded: true },
  // A sheet of A4 between its margins.
  { size: "print", width: 718, scheme: "light", media: "print" },
];
const CONTROLS = "button, .button, .bar, .moves, .skip, [popover]"; // of no use on paper
const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

const job = JSON.parse(readFileSync(0, "utf8"));

function freePort() {
  return new Promise((found) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}

async function signedIn(browser, login, options) {
  const context = await browser.newContext({ locale: "fr-FR", ...options });
  if (login) {
    const page = await context.newPage();
    await page.goto(`${job.base}/connexion`);
    await page.fill("[name=login]", login);
    await page.fill("[name=password]", job.people[login]);
    await Promise.all([page.waitForNavigation(), page.press("[name=password]", "Enter")]);
    if (new URL(page.url()).pathname === "/connexion") throw new Error(`cannot sign in as ${login}`);
    await page.close();
  }
  return context;
}

// Goes to a page by the way of the visit; `wire` counts the bytes of the last page alone.
async function goThere(page, visit, wire) {
  let answer = await page.goto(job.base + visit.path, { waitUntil: "load" });
  for (const selector of visit.follow) {
    const href = await page.locator(selector).first().getAttribute("href");
    wire.bytes = 0;
    answer = await page.goto(new URL(href, page.url()).href, { waitUntil: "load" });
  }
  if (Object.keys(visit.fill).length === 0) return answer;
  let last;
  await unfold(page);
  for (const [name, value] of Object.entries(visit.fill)) {
    last = page.locator(`main [name="${name}"]`).first();
    if (["radio", "checkbox"].includes(await last.getAttribute("type"))) await page.locator(`main [name="${name}"][value="${value}"]`).check();
    else if ((await last.evaluate((each) => each.tagName)) === "SELECT") await last.selectOption(value);
    else await last.fill(value);
  }
  wire.bytes = 0;
  const send = page.waitForNavigation({ waitUntil: "load" });
  // What the browser would hold back itself is sent all the same: the page of its refusal is what is looked at.
  await last.evaluate((each) => { each.form.noValidate = true; each.form.requestSubmit(); });
  return send;
}

// Opens what is folded away; tells whether there was anything.
async function unfold(page) {
  return page.evaluate(() => {
    const folded = [...document.querySelectorAll("details:not([open])")];
    for (const each of folded) each.open = true;
    return folded.length > 0;
  });
}

// What stands beside the page, and is not meant to scroll by itself.
async function beside(page) {
  return page.evaluate(() => {
    const most = document.documentElement.clientWidth;
    const over = [...document.querySelectorAll("body *")].filter((each) => {
      for (let up = each.parentElement; up; up = up.parentElement) {
        if (getComputedStyle(up).overflowX !== "visible") return false;
      }
      return each.getBoundingClientRect().right > most + 1;
    });
    return document.documentElement.scrollWidth > most
      ? [`${most} px`, ...over.slice(0, 3).map((each) => each.outerHTML.slice(0, 120))] : [];
  });
}

// What is wider than the box it stands in, so that it lies over its neighbour or is cut.
async function spilled(page) {
  return page.evaluate(() => [...document.querySelectorAll("td, th, dd, h1, h2, h3, summary, .badge, .button, button, .card, .tile")]
    .filter((each) => each.clientWidth > 1 && each.scrollWidth > each.clientWidth + 1
      && getComputedStyle(each).overflowX === "visible" && each.checkVisibility())
    .slice(0, 3).map((each) => each.outerHTML.slice(0, 160)));
}

// What Tab never reaches, though it can be used, and what it reaches without anything that shows where one is.
async function byTab(page) {
  const most = await page.evaluate(() => {
    const usable = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]:not([tabindex^='-'])";
    const wanted = [...document.querySelectorAll(usable)].filter((each) => each.checkVisibility() && !each.disabled);
    const reached = new Set();
    const bare = [];
    document.addEventListener("focusin", ({ target }) => {
      if (reached.has(target)) return;
      reached.add(target);
      const { outlineWidth, outlineStyle } = getComputedStyle(target);
      if (!(parseFloat(outlineWidth) > 0) || outlineStyle === "none") bare.push(target);
    });
    // Of a group of choices Tab reaches one.
    const group = (each) => (each.type === "radio" ? `${each.form?.action} ${each.name}` : each);
    const told = (all) => all.slice(0, 3).map((each) => each.outerHTML.slice(0, 160));
    globalThis.tabbed = () => {
      const groups = new Set([...reached].map(group));
      return [...told(wanted.filter((each) => !groups.has(group(each)))), ...told(bare).map((each) => `no focus: ${each}`)];
    };
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
    return wanted.length;
  });
  // A field of days has three stops and a button.
  for (let stop = 0; stop < most + 4 * await page.locator("[type=date], [type=time], [type=month]").count() + 2; stop += 1) {
    await page.keyboard.press("Tab");
  }
  return page.evaluate(() => {
    document.activeElement.blur(); // the skip link would lie over the page that is looked at next
    scrollTo(0, 0);
    return globalThis.tabbed();
  });
}

// What is of use on a screen alone and would be printed all the same; a page without a heading has printed nothing.
async function onPaper(page) {
  return page.evaluate((controls) => [
    ...[...document.querySelectorAll(controls)].filter((each) => each.checkVisibility()).slice(0, 3).map((each) => each.outerHTML.slice(0, 160)),
    ...(document.querySelector("h1")?.checkVisibility() ? [] : ["no heading"]),
  ], CONTROLS);
}

// Every text of the page as it is now, and as it comes to somebody who reads English.
async function said(page, visit, byAddress) {
  // A line that was kept open may end just as it is used again.
  const asked = { headers: { "Accept-Language": "en" }, maxRetries: 2 };
  const answer = byAddress ? await page.request.get(page.url(), asked) : null;
  return page.evaluate((english) => {
    const texts = (doc) => {
      const walker = doc.createTreeWalker(doc.body, NodeFilter.SHOW_TEXT);
      const found = new Set();
      while (walker.nextNode()) found.add(walker.currentNode.nodeValue.trim());
      return [...found].filter((each) => each.length > 2);
    };
    return { fr: texts(document), en: english ? texts(new DOMParser().parseFromString(english, "text/html")) : [] };
  }, answer ? await answer.text() : "");
}

async function rules(page, only, within = "html") {
  const { violations } = await page.evaluate(([at, runOnly]) => globalThis.axe.run(at, { runOnly }), [within, only]);
  return violations.map((each) => ({
    rule: each.id, help: each.help, where: each.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)),
    why: each.nodes[0].failureSummary,
  }));
}

// What lies over a page when it is opened, such as the menu of a phone, hides what is under it: it is read by itself.
async function overlaid(page, only) {
  const open = await page.evaluate(() => {
    document.querySelector("[popover]")?.showPopover();
    return document.querySelector("[popover]:popover-open") !== null;
  });
  if (!open) return [];
  const found = await rules(page, only, "[popover]");
  await page.evaluate(() => document.querySelector("[popover]").hidePopover());
  return found;
}

// One page as a phone, light and dark, and as a desktop: loaded once, as a phone, then made wide.
async function look(context, visit) {
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const wire = { bytes: 0 };
  const errors = [];
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(String(error)));
  const network = await context.newCDPSession(page);
  await network.send("Network.enable");
  await network.send("Network.setCacheDisabled", { cacheDisabled: true });
  network.on("Network.loadingFinished", (event) => { wire.bytes += event.encodedDataLength; });
  const answer = await goThere(page, visit, wire);
  const bytes = wire.bytes;
  await page.evaluate(AXE);
  const looks = [];
  for (const { size, width, scheme, axe, unfolded, media = "screen" } of VIEWS) {
    if (unfolded && !(await unfold(page))) continue;
    await page.setViewportSize({ width, height: HEIGHT });
    await page.emulateMedia({ colorScheme: scheme, media });
    const printed = media === "print" ? await onPaper(page) : [];
    const wide = await beside(page);
    const spills = await spilled(page);
    const violations = axe ? [...await rules(page, axe), ...(unfolded ? await overlaid(page, axe) : [])] : [];
    const tabs = size === "desktop" ? await byTab(page) : [];
    if (job.shots && (axe || media === "print")) {
      const shown = `${visit.name}-${size}-${scheme}${unfolded ? "-unfolded" : ""}`;
      await page.screenshot({ path: `${job.shots}/${shown}.png`, fullPage: true });
    }
    looks.push({ name: visit.name, size: `${size} ${width}`, scheme, wide, spills, violations, printed, tabs });
  }
  const byAddress = answer.request().method() === "GET";
  const found = {
    said: await said(page, visit, byAddress),
    status: answer.status(), bytes, path: page.url().slice(job.base.length),
    byAddress,
    errors: errors.filter((each) => answer.ok() || !each.startsWith("Failed to load resource")),
  };
  await page.close();
  return looks.map((each) => ({ ...each, ...found }));
}

async function walk() {
  const browser = await chromium.launch({ executablePath: job.chromium, args: FLAGS });
  const looks = [];
  for (const login of new Set(job.visits.map((visit) => visit.as))) {
    const context = await signedIn(browser, login, { viewport: { width: VIEWS[0].width, height: HEIGHT } });
    for (const visit of job.visits.filter((each) => each.as === login)) looks.push(...await look(context, visit));
    await context.close();
  }
  await browser.close();
  return looks;
}

async function judge(paths) {
  if (!job.lighthouse?.length) return [];
  const { default: lighthouse } = await import("lighthouse");
  const port = await freePort();
  const browser = await chromium.launch({
    executablePath: job.chromium, args: [...FLAGS, `--remote-debugging-port=${port}`],
  });
  const scores = [];
  for (const visit of job.visits.filter((each) => paths.has(each.name))) {
    const context = await signedIn(browser, visit.as, {});
    const cookies = (await context.cookies()).map((each) => `${each.name}=${each.value}`).join("; ");
    await context.close();
    const { lhr } = await lighthouse(job.base + paths.get(visit.name), {
      port, output: "json", logLevel: "silent", onlyCategories: job.lighthouse,
      extraHeaders: cookies ? { Cookie: cookies } : {},
    });
    const failed = Object.values(lhr.audits).filter((each) => each.score === 0).map((each) => each.id);
    const score = Object.fromEntries(job.lighthouse.map((each) => [each, lhr.categories[each].score * 100]));
    scores.push({ name: visit.name, error: lhr.runtimeError?.message ?? "", failed, score });
  }
  await browser.close();
  return scores;
}

const looks = await walk();
const paths = new Map(looks.filter((look) => look.status === 200 && look.byAddress).map((look) => [look.name, look.path]));
process.stdout.write(JSON.stringify({ looks, scores: await judge(paths) }));
