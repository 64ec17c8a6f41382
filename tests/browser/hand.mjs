// A real Chromium at somebody's fingertips: one command as a line of JSON on stdin, one answer as a line on stdout.
//
// argv: the path of Chromium, the address of the server. `do` says which command below; what it needs stands beside.
import { writeFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const [executablePath, base] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath,
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--lang=fr-FR",
  ],
  env: { ...process.env, LANGUAGE: "fr_FR", LANG: "fr_FR.UTF-8" },
});
let context;
let page;
let answered;

const focused = () => page.evaluate(() => {
  const at = document.activeElement;
  if (!at || at === document.body || at === document.documentElement) return null;
  const box = at.getBoundingClientRect();
  const style = getComputedStyle(at);
  const rings = (each) => parseFloat(each.outlineWidth) > 0 && each.outlineStyle !== "none";
  const named = [...(at.labels ?? [])].map((each) => each.innerText).join(" ");
  return {
    tag: at.tagName.toLowerCase(),
    id: at.id,
    field: at.name ?? "",
    words: (named || at.getAttribute("aria-label") || at.innerText || at.textContent || "").trim(),
    value: at.value ?? "",
    ring: rings(style),
    seen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.right > 0
      && box.top < innerHeight && box.left < innerWidth,
  };
});

const commands = {
  async open({ width, height, scripts = true, scheme = "light", scale = 1 }) {
    await context?.close();
    context = await browser.newContext({
      viewport: { width, height }, javaScriptEnabled: scripts, colorScheme: scheme, deviceScaleFactor: scale,
      reducedMotion: "reduce", locale: "fr-FR", timezoneId: "Europe/Paris", acceptDownloads: true,
    });
    page = await context.newPage();
    page.on("response", (each) => {
      if (each.request().isNavigationRequest() && each.frame() === page.mainFrame()) answered = each.status();
    });
  },
  async goto({ path }) { await page.goto(base + path, { waitUntil: "load" }); },
  async press({ key }) { await page.keyboard.press(key); },
  async follow({ key }) {
    await Promise.all([page.waitForNavigation({ waitUntil: "load", timeout: 60_000 }), page.keyboard.press(key)]);
  },
  async fetch({ key, file }) {
    const [download] = await Promise.all([page.waitForEvent("download", { timeout: 120_000 }), page.keyboard.press(key)]);
    await download.saveAs(file);
  },
  async give({ selector, file, comes = true }) {
    const given = () => page.locator(selector).setInputFiles(file);
    if (comes) await Promise.all([page.waitForNavigation({ waitUntil: "load", timeout: 120_000 }), given()]);
    else await given();
  },
  async awaited({ selector }) {
    const found = page.locator(selector);
    await found.waitFor({ timeout: 60_000 });
    return (await found.innerText()).trim();
  },
  async drop({ selector, name, text }) {
    const moved = await page.evaluateHandle(([called, held]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([held], called));
      return transfer;
    }, [name, text]);
    await Promise.all([
      page.waitForNavigation({ waitUntil: "load", timeout: 120_000 }),
      page.dispatchEvent(selector, "drop", { dataTransfer: moved }),
    ]);
  },
  async offline({ on }) { await context.setOffline(on); },
  async forget({ name }) { await context.clearCookies({ name }); },
  async type({ text }) {
    // Chromium gives a field its autofocus with the first frame it draws, which may come after the page has loaded.
    const until = Date.now() + 10_000;
    while (!await focused()) {
      if (Date.now() > until) throw new Error("nothing on the page has the focus to be typed into");
      await new Promise((later) => setTimeout(later, 10));
    }
    await page.keyboard.type(text);
  },
  focused,
  async url() { return page.url().slice(base.length); },
  async status() { return answered; },
  async words() { return page.evaluate(() => document.body.innerText); },
  async links({ selector }) { return page.locator(selector).evaluateAll((all) => all.map((each) => each.getAttribute("href"))); },
  async draw({ selector }) {
    await page.locator(selector).scrollIntoViewIfNeeded();
    const { x, y, width, height } = await page.locator(selector).boundingBox();
    await page.mouse.move(x + width * 0.2, y + height * 0.7);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.5, y + height * 0.3, { steps: 8 });
    await page.mouse.move(x + width * 0.8, y + height * 0.7, { steps: 8 });
    await page.mouse.up();
  },
  async settled() { await page.waitForLoadState("load"); },
  async picture({ selector, file, told }) {
    await page.locator(selector).setInputFiles(file);
    if (!told) return "";
    await page.waitForFunction((at) => document.querySelector(at).textContent !== "", told, { timeout: 60_000 });
    return page.locator(told).innerText();
  },
  async text({ selector }) { return (await page.locator(selector).first().innerText()).trim(); },
  async media({ kind }) { await page.emulateMedia({ media: kind }); },
  async box({ selector }) { return page.locator(selector).first().boundingBox(); },
  async shown({ selector }) { return page.locator(selector).first().isVisible(); },
  async keep({ file }) { await writeFile(file, await (await context.request.get(page.url())).body()); },
  async back() { await page.goBack({ waitUntil: "load" }); },
  async texts({ selector }) { return page.locator(selector).allInnerTexts(); },
  async is_list({ name }) { return await page.locator(`select[name="${name}"]`).count() > 0; },
  async href({ selector }) { return page.locator(selector).first().getAttribute("href"); },
  async scrollTo({ selector }) { await page.locator(selector).first().scrollIntoViewIfNeeded(); },
  async shot({ file, selector, fullPage = false, height }) {
    if (selector) await page.locator(selector).first().screenshot({ path: file });
    else await page.screenshot({ path: file, fullPage, ...(height && { clip: { x: 0, y: 0, width: page.viewportSize().width, height } }) });
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  let told;
  try {
    told = { is: (await commands[asked.do](asked)) ?? null };
  } catch (error) {
    told = { failed: String(error) };
  }
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
await browser.close();
