
"use strict";
// Reading a curve: the nearest point of each line on the scale that is shown, its value computed back from its place.
for (const figure of document.querySelectorAll(".chart")) {
  const svg = figure.querySelector("svg"), out = figure.querySelector(".readout"), cursor = svg.querySelector(".cursor");
  const clear = () => { out.textContent = ""; cursor.style.visibility = "hidden"; };
  svg.addEventListener("pointerleave", clear);
  svg.addEventListener("pointermove", (event) => {
    const log = figure.querySelector(".scale:checked"), layer = svg.querySelector(log ? ".log" : ".lin");
    const [x0, x1, left, right] = layer.dataset.x.split(" ").map(Number), [y0, y1, bottom, top] = layer.dataset.y.split(" ").map(Number);
    const box = svg.getBoundingClientRect(), at = (event.clientX - box.left) * svg.viewBox.baseVal.width / box.width;
    const words = [];
    let place = null;
    for (const path of layer.querySelectorAll(".curve")) {
      const n = path.getAttribute("d").match(/[\d.]+/g).map(Number);
      let best = 0;
      for (let i = 2; i < n.length; i += 2) if (Math.abs(n[i] - at) < Math.abs(n[best] - at)) best = i;
      const share = (bottom - n[best + 1]) / (bottom - top);
      const value = log ? y0 * Math.pow(y1 / y0, share) : y0 + (y1 - y0) * share;
      const percent = layer.dataset.share === "true";
      if (place === null) { place = n[best]; words.push("step " + Math.round(x0 + (x1 - x0) * (place - left) / (right - left)).toLocaleString("en")); }
      words.push(path.dataset.name.replaceAll("_", " ") + " " + (percent ? (100 * value).toFixed(1) + " %" : Number(value.toPrecision(3))));
    }
    if (place === null) return clear();
    cursor.setAttribute("x1", place);
    cursor.setAttribute("x2", place);
    cursor.style.visibility = "visible";
    out.textContent = words.join(" · ");
  });
}
// Finding a class on a map: the others fade while its entry in the legend is pointed at.
for (const map of document.querySelectorAll(".map")) {
  for (const entry of map.querySelectorAll(".legend li")) {
    const fade = (on) => {
      for (const mark of map.querySelectorAll(":scope > svg [data-class]")) mark.classList.toggle("dim", on && mark.dataset.class !== entry.dataset.class);
    };
    entry.addEventListener("pointerenter", () => fade(true));
    entry.addEventListener("pointerleave", () => fade(false));
  }
}
