import { compareVersions, type Offer, type Query, type Term } from "../../../dht/index.ts";

/** A query in which it is settled which words are capabilities. */
type Settled =
  | { readonly kind: "capability"; readonly name: string; readonly below: boolean }
  | { readonly kind: "word"; readonly name: string }
  | Extract<Term, { kind: "compare" }>
  | { readonly kind: "least"; readonly least: number; readonly of: readonly Settled[] }
  | { readonly kind: "not"; readonly of: Settled };

type Capability = Extract<Settled, { kind: "capability" }>;
type Chosen = ReadonlyMap<Capability, Offer>;

/**
 * Whether a query finds an agent that offers this, worked out in another way than the overlay does: it tries every way to choose an offer
 * for each capability that is named, or none, and asks whether the query is true when all else is said of the offers chosen.
 */
export function isFound(query: Query, offers: readonly Offer[]): boolean {
  const settled = settle(query, true);
  return someChoice(capabilitiesIn(settled, true), offers, new Map(), (chosen) => chosen.size > 0 && holds(settled, true, chosen, offers));
}

/** The first capability of what must hold together is one; a word behind it may be either. */
function settle(query: Query, leads: boolean): Settled {
  switch (query.kind) {
    case "word":
      return leads ? { kind: "capability", name: query.name, below: false } : query;
    case "offers":
    case "below":
      return { kind: "capability", name: query.name, below: query.kind === "below" };
    case "compare":
      return query;
    case "not":
      return { kind: "not", of: settle(query.of, false) };
    case "any":
      return { kind: "least", least: 1, of: query.of.map((part) => settle(part, leads)) };
    case "some":
      return { kind: "least", least: query.least, of: query.of.map((part) => settle(part, leads)) };
    case "all":
      return { kind: "least", least: query.of.length, of: settleInTurn(query.of, leads) };
  }
}

function settleInTurn(parts: readonly Query[], leads: boolean): Settled[] {
  let stillLeads = leads;
  return parts.map((part) => {
    const settled = settle(part, stillLeads);
    if (capabilitiesIn(settled, true).length > 0) stillLeads = false;
    return settled;
  });
}

/** Those that are looked for; what must not be there is never chosen. */
function capabilitiesIn(query: Settled, wanted: boolean): Capability[] {
  if (query.kind === "capability") return wanted ? [query] : [];
  if (query.kind === "not") return capabilitiesIn(query.of, !wanted);
  return query.kind === "least" ? query.of.flatMap((part) => capabilitiesIn(part, wanted)) : [];
}

function someChoice(left: readonly Capability[], offers: readonly Offer[], chosen: Chosen, test: (chosen: Chosen) => boolean): boolean {
  const [first, ...others] = left;
  if (first === undefined) return test(chosen);
  if (someChoice(others, offers, chosen, test)) return true;
  const fitting = offers.filter((offer) => isUnder(offer, first));
  return fitting.some((offer) => someChoice(others, offers, new Map([...chosen, [first, offer]]), test));
}

/** @param wanted false under an odd number of negations, where each part has to fail of all that was chosen. */
function holds(query: Settled, wanted: boolean, chosen: Chosen, offers: readonly Offer[]): boolean {
  const ofAllChosen = (test: (offer: Offer) => boolean) => [...chosen.values()].every((offer) => test(offer) === wanted);
  switch (query.kind) {
    case "capability":
      return wanted ? chosen.has(query) : !offers.some((offer) => isUnder(offer, query));
    case "word":
      return ofAllChosen(
        ({ attributes }) => attributes[query.name] === true || offers.some((offer) => isUnder(offer, { ...query, below: false })),
      );
    case "compare":
      return ofAllChosen((offer) => compares(offer, query));
    case "not":
      return holds(query.of, !wanted, chosen, offers);
    case "least": {
      const count = query.of.filter((part) => holds(part, wanted, chosen, offers)).length;
      return wanted ? count >= query.least : count > query.of.length - query.least;
    }
  }
}

function isUnder({ capability }: Offer, { name, below }: { readonly name: string; readonly below: boolean }): boolean {
  const levels = capability.split("/");
  const wanted = name.split("/");
  return wanted.every((level, i) => levels[i] === level) && (!below || levels.length > wanted.length);
}

function compares({ version, attributes }: Offer, { field, operator, value }: Extract<Term, { kind: "compare" }>): boolean {
  const own = field === "version" ? version : attributes[field];
  if (own === undefined || own === "" || typeof own !== typeof value) return own !== undefined && operator === "!=";
  const order =
    field === "version" ? (compareVersions(String(own), String(value)) ?? Number.NaN) : Number(own > value) - Number(own < value);
  const signs = { "=": order === 0, "!=": order !== 0, "<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0 };
  return signs[operator];
}
