/** Whether a shape of a chart is there to be seen, and where it ought to be. */
export interface Drawn {
  readonly what: string;
  readonly isDrawn: boolean;
  readonly isInside: boolean;
}

/** Runs in the page and gives `Drawn[]`. Boxes of curves may be flat, not nothing; half of a line's width may stand out. */
export const DRAWN_CURVES = `(() => {
  const shapes = document.querySelectorAll("path.curve, path.fill, .ring .request, .walk-chart .request, td.bar .filled");
  return [...shapes]
    .filter((shape) => shape.closest("details:not([open])") === null)
    .map((shape) => {
      const box = shape.getBoundingClientRect();
      const around = shape.closest("svg.chart, svg.ring, td").getBoundingClientRect();
      const isAcross = box.left >= around.left - 2 && box.right <= around.right + 2;
      const isDown = box.top >= around.top - 2 && box.bottom <= around.bottom + 2;
      return { what: shape.getAttribute("class"), isDrawn: box.width + box.height > 1, isInside: isAcross && isDown };
    });
})()`;

/** Runs in the page and gives the texts whose colour is too near to that of the ground behind them, by the formula of WCAG 2. */
export const FAINT_TEXTS = `(() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => {
    const [red, green, blue] = channels(colour).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const groundOf = (element) => {
    if (element === null) return "rgb(255, 255, 255)";
    const colour = getComputedStyle(element).backgroundColor;
    return channels(colour)[3] === 0 ? groundOf(element.parentElement) : colour;
  };
  const hasText = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== "");
  const texts = [...document.querySelectorAll("body *")].filter((each) => hasText(each) && each.getClientRects().length > 0);
  const faint = texts.filter((element) => {
    const style = getComputedStyle(element);
    const [a, b] = [light(element instanceof SVGElement ? style.fill : style.color), light(groundOf(element))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) < 4.5;
  });
  return [...new Set(faint.map((each) => each.tagName + " " + each.getAttribute("class") + ": " + each.textContent.slice(0, 20)))];
})()`;
