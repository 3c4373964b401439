/**
 * All that moves: reading values under the pointer, copying the command, going to a section. The page says everything without it.
 * It makes no markup from text: what it writes goes through `textContent`.
 */
export const SCRIPT = `
(() => {
  const make = (name, className, text) => {
    const node = document.createElement(name);
    node.className = className;
    node.textContent = text;
    return node;
  };
  const copy = (button, code) => {
    const done = () => { button.textContent = "copied"; setTimeout(() => { button.textContent = "copy"; }, 1500); };
    const select = () => getSelection().selectAllChildren(code);
    if (navigator.clipboard) navigator.clipboard.writeText(code.textContent).then(done, select);
    else select();
  };
  for (const place of document.querySelectorAll(".copy")) {
    const button = make("button", "", "copy");
    button.type = "button";
    button.addEventListener("click", () => copy(button, place.previousElementSibling));
    place.append(button);
  }
  for (const item of document.querySelectorAll("[data-to]")) {
    const button = make("button", "", item.textContent);
    button.type = "button";
    button.addEventListener("click", () => document.getElementById(item.dataset.to).scrollIntoView({ behavior: "smooth" }));
    item.replaceChildren(button);
  }
  const tip = make("div", "tip", "");
  tip.hidden = true;
  document.body.append(tip);
  const lines = new WeakMap();
  const linesOf = (plot) => lines.get(plot) ?? (lines.set(plot, JSON.parse(plot.dataset.lines)), lines.get(plot));
  const ruler = (plot) => plot.querySelector(".ruler") ?? plot.appendChild(make("div", "ruler " + plot.dataset.along, ""));
  const fill = (head, rows) => {
    tip.replaceChildren(make("b", "", head));
    for (const { name, colour, value } of rows) {
      const row = make("p", "", "");
      row.append(make("i", "key " + colour, ""), make("span", "", name), make("em", "", value));
      tip.append(row);
    }
  };
  const move = (event, plot) => {
    const box = plot.querySelector("svg.chart").getBoundingClientRect();
    const isTime = plot.dataset.along === "x";
    const part = isTime ? (event.clientX - box.left) / box.width : (box.bottom - event.clientY) / box.height;
    if (part < 0 || part > 1) return leave(plot);
    const all = linesOf(plot);
    const labels = isTime ? JSON.parse(plot.parentElement.dataset.labels) : undefined;
    const steps = labels ? labels.length : 101;
    const index = isTime ? Math.min(steps - 1, Math.floor(part * steps)) : Math.round(part * 100);
    fill(labels ? labels[index] : index + " % within", all.map((line) => ({ ...line, value: line.values[index] ?? "" })));
    for (const each of isTime ? plot.parentElement.querySelectorAll(".plot") : [plot]) {
      const mark = ruler(each);
      mark.hidden = false;
      if (isTime) mark.style.left = parseFloat(getComputedStyle(each).paddingLeft) + ((index + 0.5) / steps) * box.width + "px";
      else mark.style.top = parseFloat(getComputedStyle(each).paddingTop) + (1 - index / 100) * box.height + "px";
    }
    tip.hidden = false;
    const left = event.clientX + 16 + tip.offsetWidth > innerWidth ? event.clientX - 16 - tip.offsetWidth : event.clientX + 16;
    tip.style.left = Math.max(4, left) + "px";
    tip.style.top = Math.max(4, Math.min(innerHeight - tip.offsetHeight - 4, event.clientY + 12)) + "px";
  };
  const leave = (plot) => {
    tip.hidden = true;
    for (const mark of plot.parentElement.querySelectorAll(".ruler")) mark.hidden = true;
  };
  for (const plot of document.querySelectorAll("[data-along]")) {
    plot.addEventListener("pointermove", (event) => move(event, plot));
    plot.addEventListener("pointerleave", () => leave(plot));
  }
})();
`;
