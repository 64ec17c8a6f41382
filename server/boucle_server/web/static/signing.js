// A signature by finger, pen or mouse: strokes in thousandths of the frame, as the phone keeps them.
// Without this script the name that is typed stands for the signature, and the page says so.
"use strict";
(() => {
  const block = document.getElementById("signing");
  const canvas = block.querySelector("canvas");
  const data = document.getElementById("signature");
  const told = document.getElementById("signing-told");
  const pen = canvas.getContext("2d");
  const NEAR = 6; // thousandths: closer points draw nothing more
  const MOST = 7_500; // characters of all strokes
  let strokes = data.value ? JSON.parse(data.value) : [];
  let drawing = false;
  block.hidden = false;

  const place = (event) => {
    const frame = canvas.getBoundingClientRect();
    const inside = (part, whole) => Math.max(0, Math.min(1000, Math.round((1000 * part) / whole)));
    return [inside(event.clientX - frame.left, frame.width), inside(event.clientY - frame.top, frame.height)];
  };

  const show = () => {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.lineWidth = 4;
    pen.lineCap = pen.lineJoin = "round";
    pen.strokeStyle = getComputedStyle(canvas).color;
    for (const stroke of strokes) {
      pen.beginPath();
      for (let at = 0; at < stroke.length; at += 2) {
        const x = (stroke[at] * canvas.width) / 1000;
        const y = (stroke[at + 1] * canvas.height) / 1000;
        if (at) pen.lineTo(x, y);
        else pen.moveTo(x, y);
      }
      pen.stroke();
    }
  };

  const keep = () => {
    data.value = strokes.length ? JSON.stringify(strokes) : "";
    told.textContent = strokes.length ? told.dataset.signed : "";
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    drawing = true;
    strokes.push(place(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drawing || JSON.stringify(strokes).length > MOST) return;
    const [x, y] = place(event);
    const stroke = strokes[strokes.length - 1];
    if (Math.hypot(x - stroke.at(-2), y - stroke.at(-1)) < NEAR) return;
    stroke.push(x, y);
    show();
  });
  const end = () => {
    if (!drawing) return;
    drawing = false;
    if (strokes.at(-1).length < 4) strokes.pop(); // a touch is no stroke
    show();
    keep();
  };
  canvas.addEventListener("pointerup", end);
  canvas.addEventListener("pointercancel", end);
  document.getElementById("sign-again").addEventListener("click", () => {
    strokes = [];
    show();
    keep();
  });
  show();
  keep();
})();
