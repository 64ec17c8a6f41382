// A file that is chosen or dropped is sent as it is; without this script cells are pasted instead.
"use strict";
(() => {
  const zone = document.getElementById("drop");
  const input = document.getElementById("f-file");
  const told = document.getElementById("told");
  const bar = document.getElementById("sent");
  const words = zone.dataset;
  zone.hidden = false;

  const say = (text, isWrong) => {
    told.textContent = text;
    told.className = isWrong ? "wrong" : "hint";
    bar.hidden = true;
    input.disabled = false;
    input.value = "";
  };

  const send = (file) => {
    if (!file) return;
    if (file.size > Number(words.most)) { say(words.large, true); return; }
    if (file.size === 0) { say(words.empty, true); return; }
    const request = new XMLHttpRequest();
    request.open("PUT", words.to + "?nom=" + encodeURIComponent(file.name));
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.setRequestHeader("Boucle-Jeton", words.token);
    request.upload.onprogress = (event) => { if (event.lengthComputable) { bar.max = event.total; bar.value = event.loaded; } };
    request.upload.onload = () => { bar.removeAttribute("value"); told.textContent = words.reading; };
    request.onerror = () => say(words.failed, true);
    request.onload = () => {
      let answer = null;
      try { answer = JSON.parse(request.responseText); } catch (error) { answer = null; }
      if (answer && answer.to) { location.assign(answer.to); return; }
      if (answer && answer.why) { say(answer.why, true); return; }
      if (request.status === 413) { say(words.large, true); return; }
      say(request.status >= 500 ? words.failed : words.ended, true);
    };
    told.className = "hint";
    told.textContent = words.sending + " " + file.name;
    bar.hidden = false;
    bar.removeAttribute("value");
    input.disabled = true;
    request.send(file);
  };

  input.addEventListener("change", () => send(input.files[0]));
  for (const name of ["dragenter", "dragover"]) {
    zone.addEventListener(name, (event) => { event.preventDefault(); zone.classList.add("over"); });
  }
  for (const name of ["dragleave", "drop"]) {
    zone.addEventListener(name, (event) => { event.preventDefault(); zone.classList.remove("over"); });
  }
  zone.addEventListener("drop", (event) => send(event.dataTransfer.files[0]));
})();
