// Walks through pages in a real Chromium and says what it found: a job as JSON on stdin, findings as JSON on stdout.
//
// Job: {chromium, base, people: {login: password}, visits: [{name, path, as}], shots, lighthouse: [category, ...]}
// `as` is a login or "" for a stranger; `shots` a folder for pictures or ""; without `lighthouse` it is not asked.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 900 } };
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

async function look(context, visit, size, scheme) {
  const page = await context.newPage();
  const errors = [];
  let bytes = 0;
  page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  page.on("pageerror", (error) => errors.push(String(error)));
  const network = await context.newCDPSession(page);
  await network.send("Network.enable");
  await network.send("Network.setCacheDisabled", { cacheDisabled: true });
  network.on("Network.loadingFinished", (event) => { bytes += event.encodedDataLength; });
  const answer = await page.goto(job.base + visit.path, { waitUntil: "load" });
  const wide = await page.evaluate(() => {
    const most = document.documentElement.clientWidth;
    const over = [...document.querySelectorAll("body *")].filter((each) => {
      for (let up = each.parentElement; up; up = up.parentElement) {
        if (getComputedStyle(up).overflowX !== "visible") return false;
      }
      return each.getBoundingClientRect().right > most + 1;
    });
    return document.documentElement.scrollWidth > most
      ? over.slice(0, 3).map((each) => each.outerHTML.slice(0, 120)) : [];
  });
  await page.evaluate(AXE);
  const axe = await page.evaluate(() => globalThis.axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  }));
  if (job.shots) await page.screenshot({ path: `${job.shots}/${visit.name}-${size}-${scheme}.png`, fullPage: true });
  await page.close();
  return {
    name: visit.name, size, scheme, status: answer.status(), bytes, wide, errors,
    violations: axe.violations.map((each) => ({
      rule: each.id, help: each.help, where: each.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)),
      why: each.nodes[0].failureSummary,
    })),
  };
}

async function walk() {
  const browser = await chromium.launch({ executablePath: job.chromium, args: FLAGS });
  const looks = [];
  for (const [size, scheme] of [["phone", "light"], ["phone", "dark"], ["desktop", "light"]]) {
    for (const login of new Set(job.visits.map((visit) => visit.as))) {
      const context = await signedIn(browser, login, { viewport: SIZES[size], colorScheme: scheme });
      for (const visit of job.visits.filter((each) => each.as === login)) {
        looks.push(await look(context, visit, size, scheme));
      }
      await context.close();
    }
  }
  await browser.close();
  return looks;
}

async function judge(answered) {
  if (!job.lighthouse?.length) return [];
  const { default: lighthouse } = await import("lighthouse");
  const port = await freePort();
  const browser = await chromium.launch({
    executablePath: job.chromium, args: [...FLAGS, `--remote-debugging-port=${port}`],
  });
  const scores = [];
  for (const visit of job.visits.filter((each) => answered.has(each.name))) {
    const context = await signedIn(browser, visit.as, {});
    const cookies = (await context.cookies()).map((each) => `${each.name}=${each.value}`).join("; ");
    await context.close();
    const { lhr } = await lighthouse(job.base + visit.path, {
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
const answered = new Set(looks.filter((look) => look.status === 200).map((look) => look.name));
process.stdout.write(JSON.stringify({ looks, scores: await judge(answered) }));
