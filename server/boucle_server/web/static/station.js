// The scan station without page loads: what is scanned while an answer is awaited is queued, and nothing is lost.
// Without this script the page does the same by ordinary forms.
(() => {
  const form = document.getElementById("scan");
  const field = form.elements.codes;
  const warn = document.getElementById("prevenir");
  const SILENCE_MS = 200; // a scanner that sends no Enter is silent for longer than between two characters
  const PAUSE_MS = 1200; // and one in the middle of a label's address may be set to pause for a second
  const BEGUN = /http(?!.*\/[a-z]\/[0-9a-z]{14}$)/i; // an address, and no whole label of ours
  const BURST_MS = 60; // between two characters of a scanner on average; nobody types a whole code so fast
  const SHORTEST = 8;
  const RETRY_MS = 2000;
  const KEPT = "boucle-saisie";
  const TONES = { accepted: [1760, 70], repeat: [880, 140], unexpected: [1320, 160], unknown: [660, 160], refused: [220, 350] };
  let queue = JSON.parse(sessionStorage.getItem(KEPT) || "[]");
  let busy = false;
  let leaving = false;
  let sound;
  let typed = 0; // characters since the field was empty, by the keyboard
  let firstKey = 0;
  let lastKey = 0;
  let silence;

  const keep = () => sessionStorage.setItem(KEPT, JSON.stringify(queue));

  function say(waiting) {
    warn.hidden = !waiting;
    warn.className = waiting ? "note warn" : "";
    warn.textContent = waiting ? warn.dataset.words.replace("{n}", queue.length) : "";
  }

  function play(outcome) {
    const [hertz, ms] = TONES[outcome] || [];
    if (!hertz || !window.AudioContext || !navigator.userActivation?.hasBeenActive) return;
    sound ||= new AudioContext();
    const wave = sound.createOscillator();
    const volume = sound.createGain();
    volume.gain.value = 0.08;
    wave.frequency.value = hertz;
    wave.connect(volume).connect(sound.destination);
    wave.start();
    wave.stop(sound.currentTime + ms / 1000);
  }

  // Puts the answer in place of what the page showed; false where it is another page.
  function show(text, url) {
    const page = new DOMParser().parseFromString(text, "text/html");
    const next = page.getElementById("scan");
    if (!next) return false;
    for (const part of document.querySelectorAll("[data-part]")) {
      const held = part.contains(document.activeElement);
      part.replaceChildren(...page.getElementById(part.id).childNodes);
      if (held) field.focus();
    }
    for (const each of ["h1", "title", ".head a", ".head .button"]) {
      document.querySelector(each).replaceWith(page.querySelector(each));
    }
    form.action = next.action;
    history.replaceState(null, "", url);
    const told = document.querySelector("#reponse [data-outcome]");
    if (told) play(told.dataset.outcome);
    return true;
  }

  async function post(body, url) {
    const answer = await fetch(url, { method: "POST", body, headers: { Accept: "text/html" } });
    const text = await answer.text();
    const isHere = answer.ok && show(text, answer.url);
    // A page that something taken in leads to, such as questions about an item: what was sent is done.
    const leadsTo = !isHere && answer.ok && answer.redirected ? answer.url : "";
    return { isHere, leadsTo, isOurs: answer.status < 500 };
  }

  // Sends the queue by an ordinary form: the page that comes says what is to be done, and keeps what was typed.
  function hand() {
    const all = document.createElement("textarea");
    all.name = "attente";
    all.hidden = true;
    all.value = queue.join("\n");
    form.append(all);
    queue = [];
    keep();
    HTMLFormElement.prototype.submit.call(form);
  }

  async function send() {
    if (busy || !queue.length) return;
    busy = true;
    const sent = queue.slice();
    const body = new URLSearchParams({ jeton: form.elements.jeton.value, attente: sent.join("\n") });
    try {
      const { isHere, leadsTo, isOurs } = await post(body, form.action);
      if (leadsTo) {
        queue = queue.slice(sent.length); // what was scanned meanwhile waits here, and goes on when this page is back
        keep();
        leaving = true;
        location.assign(leadsTo);
        return;
      }
      if (isHere) {
        queue = queue.slice(sent.length);
        keep();
        say(false);
      } else if (isOurs) {
        hand();
        return;
      } else throw new Error("later");
    } catch {
      // What the server took in before the answer was lost is told as scanned already: it counts once.
      say(true);
      setTimeout(send, RETRY_MS);
      busy = false;
      return;
    }
    busy = false;
    send();
  }

  function take(text) {
    const found = text.split(/[\r\n\t]+/).map((each) => each.trim()).filter(Boolean);
    field.value = "";
    typed = 0;
    clearTimeout(silence);
    if (!found.length) return;
    queue.push(...found);
    keep();
    send();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    take(field.value);
  });

  field.addEventListener("paste", (event) => {
    const text = event.clipboardData.getData("text");
    if (!/[\r\n\t]/.test(text.trim())) return;
    event.preventDefault();
    take(`${field.value}${text}`);
  });

  // Only a scanner fills the field so fast; its Tab, or its silence, ends a code. A person's Tab goes on as ever.
  const isScanner = () => typed >= SHORTEST && typed >= field.value.length && lastKey - firstKey <= BURST_MS * (typed - 1);
  field.addEventListener("keydown", (event) => {
    if (event.key.length === 1) {
      if (!field.value) [typed, firstKey] = [0, event.timeStamp];
      typed += 1;
      lastKey = event.timeStamp;
    }
    if (event.key === "Tab" && !event.shiftKey && isScanner()) {
      event.preventDefault();
      take(field.value);
    }
  });
  field.addEventListener("input", () => {
    clearTimeout(silence);
    if (isScanner()) silence = setTimeout(() => take(field.value), BEGUN.test(field.value) ? PAUSE_MS : SILENCE_MS);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "F8") {
      event.preventDefault();
      document.getElementById("annuler")?.click();
    } else if (event.key.length === 1 && !event.ctrlKey && !event.altKey && !event.metaKey && event.key !== " "
      && !event.target.closest?.("input, select, textarea")) {
      field.focus(); // a scan that begins while a button has the focus is not lost
    }
  });

  // The other forms of the page, without leaving the field.
  document.addEventListener("submit", (event) => {
    const other = event.target;
    if (other === form || !other.closest("[data-part]") || other.method !== "post") return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(other, event.submitter));
    const after = () => { other.removeAttribute("aria-busy"); };
    if (other.hasAttribute("aria-busy")) return;
    other.setAttribute("aria-busy", "true");
    post(body, other.action).then(({ isHere, leadsTo }) => {
      if (leadsTo) location.assign(leadsTo);
      else if (!isHere) location.reload();
      else field.focus();
    }).catch(() => say(true)).finally(after);
  });

  addEventListener("beforeunload", (event) => {
    if (queue.length && !leaving) event.preventDefault();
  });

  say(false);
  send();
})();
