import { type Contact, makeContact } from "../../routing/index.ts";
import { SynapseError } from "../errors.ts";
import { isOutside, outsideOf } from "../hearsay.ts";
import type { Link } from "../transport/transport.ts";
import { checkSwarm, HELLO_VERSION, MAX_HELLO_BYTES, parseHello } from "./hello.ts";
import { type Hello, parseResponse } from "./messages.ts";
import { remoteError } from "./outgoing-calls.ts";

/** What this software can do beyond calls and answers. */
const FEATURES: readonly string[] = ["stream", "input", "chunk", "items", "relay", "prove"];

/** Who this process says it is. */
export interface Introduction {
  readonly swarm: string;
  readonly listen: readonly string[];
  readonly software: string;
}

/** The exchange of hellos with which a secure link begins, and what is known of the other side from then on. */
export class Greeting {
  private readonly link: Link;
  private readonly introduce: () => Introduction;
  private claimed: Contact | undefined;
  private proved: Contact | undefined;
  private done = false;

  constructor(link: Link, introduce: () => Introduction) {
    this.link = link;
    this.introduce = introduce;
  }

  /** Whether the other side has said hello; nobody does in the plain dialect. */
  get isDone(): boolean {
    return this.done;
  }

  /** Where the other side says it can be dialled. A claim; undefined when it cannot be, or has not said hello. */
  get contact(): Contact | undefined {
    return this.claimed;
  }

  /**
   * The other side as this link proves it: the address dialled from here, which led to it, then those that it names itself. Undefined
   * when it dialled, cannot be dialled, or has not said hello.
   */
  get reached(): Contact | undefined {
    return this.proved;
  }

  /** What this side says first. Until the other has said it as well, it may say nothing longer. */
  say(): Hello {
    this.link.limitFrames?.(MAX_HELLO_BYTES);
    return { type: "hello", version: HELLO_VERSION, features: FEATURES, observed: this.link.remoteAddress, ...this.introduce() };
  }

  /**
   * The first message of the other side.
   * @throws SynapseError `bad_hello`, `wrong_swarm`, or what it says where it has no room for the link.
   */
  hear(map: Record<string, unknown>): Hello {
    if (this.link.dialled && map["type"] === "response") throw this.refusalIn(map);
    const hello = parseHello(map);
    checkSwarm(this.introduce().swarm, hello.swarm);
    this.done = true;
    this.link.limitFrames?.();
    const listen = isOutside(this.link) ? outsideOf(hello.listen) : hello.listen;
    if (hello.listen.length > 0 && hello.swarm !== "") this.remember(listen);
    return { ...hello, listen };
  }

  /** @param listen may be empty where nothing that it names leads to it from here: then only what was dialled does. */
  private remember(listen: readonly string[]): void {
    const { peerId, dialled, remoteAddress } = this.link;
    if (peerId === undefined) return;
    if (listen.length > 0) this.claimed = makeContact(peerId, listen);
    if (dialled) this.proved = makeContact(peerId, [remoteAddress, ...listen.filter((address) => address !== remoteAddress)]);
  }

  /** One that has no room for the link answers its caller with an error in place of hello. */
  private refusalIn(map: Record<string, unknown>): SynapseError {
    const { error } = parseResponse(map);
    return error === null ? new SynapseError("bad_hello", "the first message on a link must be hello") : remoteError(error, this.link);
  }
}
