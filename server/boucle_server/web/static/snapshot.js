// Photos in forms: a picture is made small and bare here, in the browser, and goes with the form it belongs to.
// Without this script the form sends the file as it is, and the server makes the same of it.
(() => {
  const SIDE = 1600; // as the phone makes them: pixels of the longer side, bytes at most
  const MOST = 300_000;
  const QUALITIES = [0.82, 0.7, 0.58, 0.45];

  const written = (canvas, quality) => new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));

  async function made(file) {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const canvas = document.createElement("canvas");
    for (let side = SIDE; side >= 100; side *= 0.7) {
      const scale = Math.min(1, side / Math.max(picture.width, picture.height));
      canvas.width = Math.max(1, Math.round(picture.width * scale));
      canvas.height = Math.max(1, Math.round(picture.height * scale));
      const drawn = canvas.getContext("2d");
      drawn.fillStyle = "#fff";
      drawn.fillRect(0, 0, canvas.width, canvas.height);
      drawn.drawImage(picture, 0, 0, canvas.width, canvas.height);
      for (const quality of QUALITIES) {
        const photo = await written(canvas, quality);
        if (photo && photo.size <= MOST) return photo;
      }
    }
    throw new Error("no photo");
  }

  async function text(photo) {
    const bytes = new Uint8Array(await photo.arrayBuffer());
    let plain = "";
    for (let at = 0; at < bytes.length; at += 8192) plain += String.fromCharCode(...bytes.subarray(at, at + 8192));
    return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  }

  const fields = document.querySelectorAll("input[data-photo]");
  let making = 0; // the form waits for all of them
  for (const field of fields) {
    const data = document.getElementById(field.dataset.photo);
    const told = document.getElementById(field.dataset.told);
    const buttons = field.form.querySelectorAll("button[type=submit]");
    field.removeAttribute("name"); // the small one goes, not the file
    // Two photos, or a document, are too much for a form that is kept whole where the session has ended.
    const brings = field.form.querySelector("input[type=file]:not([data-photo])");
    if (fields.length === 1 && !brings) field.form.enctype = "application/x-www-form-urlencoded";
    field.addEventListener("change", async () => {
      data.value = "";
      told.textContent = "";
      if (!field.files.length) return;
      making += 1;
      for (const each of buttons) each.disabled = true;
      try {
        data.value = await text(await made(field.files[0]));
        told.textContent = field.dataset.ready;
      } catch {
        field.value = "";
        told.textContent = field.dataset.bad;
      }
      making -= 1;
      for (const each of buttons) each.disabled = making > 0;
    });
  }
})();
