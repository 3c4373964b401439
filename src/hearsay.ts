import type { Match, OverlayResponse } from "../dht/index.ts";
import { type Contact, makeContact } from "../routing/index.ts";
import { isPrivate, parseAddress } from "./address.ts";
import type { HomeNames } from "./home-names.ts";
import { publicIp } from "./hosts.ts";
import type { Link } from "./transport/transport.ts";

/**
 * What a peer names is dialled. Somebody out on the internet who names addresses of this machine, or of the private network that it is in,
 * could have it knock at doors that are closed to him; and nobody who is to be reached there would learn of it from him. So of what comes
 * from a public address private ones are passed over. Whoever is in the private network himself may name all.
 */

/** What was found out about links and contacts before: each answer names twenty of whom most have been named by others. */
const outsideLinks = new WeakMap<object, boolean>();
const outsideContacts = new WeakMap<Contact, Contact | "nobody">();

/**
 * Whether the other end of a link is out on the internet. One of which no more than a name is known is not said to be: that is for
 * resolvers to find out.
 */
export function isOutside(link: Pick<Link, "remoteHost" | "remoteAddress">): boolean {
  const known = outsideLinks.get(link);
  if (known !== undefined) return known;
  const isSo = publicIp(link.remoteHost ?? hostOf(link.remoteAddress)) !== undefined;
  outsideLinks.set(link, isSo);
  return isSo;
}

/** Whether an address is one of this machine or of its private network, as it is written: where a name leads, only a resolver knows. */
export function isInside(address: string): boolean {
  return isPrivate(hostOf(address));
}

/** Of addresses, those that lead to the internet. */
export function outsideOf(addresses: readonly string[]): readonly string[] {
  return addresses.some(isInside) ? addresses.filter((address) => !isInside(address)) : addresses;
}

/** An answer of somebody out on the internet, without contacts of whom nothing else is known than where they are in a private network. */
export function outsideOnly(response: OverlayResponse): OverlayResponse {
  if (response.kind !== "find_node" && response.kind !== "find_records") return response;
  const contacts = outsideAmong(response.contacts);
  if (response.kind === "find_node" || response.relayed === undefined) return { ...response, contacts };
  const { relayed, ...own } = response;
  const [from] = outsideAmong([relayed.from]);
  return { ...own, contacts, ...(from && { relayed: { ...relayed, from, contacts: outsideAmong(relayed.contacts) } }) };
}

/**
 * Whoever has published a record. Strangers sign what they like: nobody in a private network is called for it but by a node in there, or
 * where a holder in there has given it.
 * @param own addresses of this node.
 */
export function publisherOf({ record, from }: Match, own: readonly string[], homeNames: HomeNames): Contact {
  const isHome = [...own, ...(from?.addresses ?? [])].some((address) => isInside(address) || homeNames.has(address));
  if (isHome) homeNames.note(record.addresses);
  return makeContact(record.publisher, isHome ? record.addresses : outsideOf(record.addresses));
}

/** Everybody that an answer names. */
export function namedIn(response: OverlayResponse): readonly Contact[] {
  if (response.kind !== "find_node" && response.kind !== "find_records") return [];
  const relayed = response.kind === "find_records" ? response.relayed : undefined;
  return relayed === undefined ? response.contacts : [...response.contacts, relayed.from, ...relayed.contacts];
}

function outsideAmong(contacts: readonly Contact[]): readonly Contact[] {
  return contacts.every((contact) => outsideContact(contact) === contact)
    ? contacts
    : contacts.map(outsideContact).filter((contact) => contact !== "nobody");
}

function outsideContact(contact: Contact): Contact | "nobody" {
  const known = outsideContacts.get(contact);
  if (known !== undefined) return known;
  const addresses = outsideOf(contact.addresses);
  const outside = addresses === contact.addresses ? contact : addresses.length === 0 ? "nobody" : makeContact(contact.id, addresses);
  outsideContacts.set(contact, outside);
  return outside;
}

/** Empty for addresses of other schemes. */
function hostOf(address: string): string {
  return address.startsWith("tcp://") ? parseAddress(address).host : "";
}
