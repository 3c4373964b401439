import type { OperationFigures } from "../engine/statistics.ts";
import type { Figures } from "../figures.ts";
import { count, duration, percent } from "./format.ts";
import { element, type Markup } from "./markup.ts";

/** Operations by name, in the order in which the figures hold them: whatever a later version adds is shown too. */
export function operationsOf(figures: Figures): [name: string, figures: OperationFigures][] {
  return Object.entries(figures).flatMap(([name, value]): [string, OperationFigures][] => (isOperation(value) ? [[name, value]] : []));
}

export function operationTable(figures: Figures): Markup | undefined {
  const operations = operationsOf(figures).filter(([, { count: number }]) => number !== 0);
  if (operations.length === 0) return undefined;
  const groups: readonly (readonly [string, number])[] = [
    ["", 1],
    ["", 3],
    ["hops", 3],
    ["requests", 2],
    ["latency", 3],
  ];
  const heads = ["", "count", "success", "recall", "mean", "p50", "p99", "mean", "p99", "p50", "p90", "p99"];
  const rows = operations.map(([name, operation]) => {
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, name),
      cellsOf(operation).map((text) => element("td", {}, text)),
    );
  });
  const top = groups.map(([text, colspan]) =>
    element(text === "" ? "td" : "th", { colspan, scope: text === "" ? undefined : "colgroup" }, text),
  );
  const head = heads.map((text) => element(text === "" ? "td" : "th", { scope: text === "" ? undefined : "col" }, text));
  const thead = element("thead", {}, element("tr", { class: "groups" }, top), element("tr", {}, head));
  return element(
    "div",
    { class: "scroll card", tabindex: 0 },
    element("table", { class: "operations" }, thead, element("tbody", {}, rows)),
  );
}

function cellsOf({ count: number, success, recall, hops, requests, latencyMs }: OperationFigures): string[] {
  return [
    ...[count(number), percent(success), percent(recall)],
    ...[count(hops.mean), count(hops.p50), count(hops.p99), count(requests.mean), count(requests.p99)],
    ...[duration(latencyMs.p50), duration(latencyMs.p90), duration(latencyMs.p99)],
  ];
}

function isOperation(value: unknown): value is OperationFigures {
  return (
    typeof value === "object" && value !== null && "latencyMs" in value && "hops" in value && "requests" in value && "success" in value
  );
}
