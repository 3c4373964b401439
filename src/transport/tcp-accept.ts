import type { Socket } from "node:net";
import type { SecureContext } from "node:tls";
import type { Runtime, Timer } from "../../dht/index.ts";
import type { NodeId } from "../../routing/index.ts";
import { formatAddress, isLoopback } from "../address.ts";
import { asSynapseError, SynapseError } from "../errors.ts";
import { OverLimit } from "../limit-counts.ts";
import type { Limits } from "../limits.ts";
import { PROOF_REQUEST } from "./address-proof.ts";
import { frame } from "./framing.ts";
import type { OutBuffer } from "./out-buffer.ts";
import { type AnswerProof, answerProof } from "./proof-exchange.ts";
import { TcpLink } from "./tcp-link.ts";
import { acceptTls, peerIdOf } from "./tls.ts";
import type { Allowance, Dialect, EncodeRefusal, Link } from "./transport.ts";

/** From whom the plain dialect is accepted. It proves nothing about a caller and hides nothing from the network. */
export type PlaintextPolicy = "loopback" | "any" | "off";

/** First byte of a TLS record that carries a handshake. */
const TLS_HANDSHAKE = 0x16;
/** First byte of a plain frame: the highest of a length below 16 MiB. */
const PLAIN_FRAME = 0x00;

export interface AcceptOptions {
  readonly socket: Socket;
  readonly secureContext: SecureContext;
  readonly runtime: Runtime;
  readonly limits: Limits;
  readonly plaintext: PlaintextPolicy;
  readonly encodeRefusal: EncodeRefusal;
  readonly outBuffer: OutBuffer;
  readonly incoming?: Allowance | undefined;
  /** There is no room for it. It is heard out only so far that it can be told. */
  readonly refusal: SynapseError | undefined;
  readonly answerProof: AnswerProof;
  readonly onLink: (link: Link) => void;
  readonly onRefused: (remoteAddress: string, error: SynapseError) => void;
}

/** Finds out which dialect a new socket speaks, by its first byte, and makes a link of it or refuses it. */
export function acceptSocket(options: AcceptOptions): void {
  new Reception(options);
}

/** Where the other end of a socket appears to be. */
export function peerOf({ remoteAddress = "", remotePort = 0 }: Socket): string {
  return formatAddress({ host: remoteAddress.replace(/^::ffff:/, ""), port: remotePort });
}

/** What happens to one socket between its acceptance and its link. */
class Reception {
  private readonly options: AcceptOptions;
  private readonly socket: Socket;
  private readonly host: string;
  private readonly remoteAddress: string;
  /** Runs from the first moment until the link is made, or the socket gone. */
  private readonly patience: Timer;

  constructor(options: AcceptOptions) {
    const { socket, runtime, limits } = options;
    this.options = options;
    this.socket = socket;
    this.host = socket.remoteAddress ?? "";
    this.remoteAddress = peerOf(socket);
    this.patience = runtime.schedule(limits.handshakeTimeoutMs, () =>
      this.refuse(new OverLimit("handshakeTimeoutMs", "timed_out", "no handshake in time")),
    );
    socket.on("error", this.onEarlyError);
    socket.on("end", this.onEarlyEnd);
    socket.on("close", this.onEarlyClose);
    socket.once("data", (first: Buffer) => this.begin(first));
  }

  private readonly onEarlyError = (error: Error) => this.refuse(asSynapseError(error));
  private readonly onEarlyClose = () => this.patience.cancel();
  private readonly onEarlyEnd = () => this.socket.destroy(); // it left without a word

  private begin(first: Buffer): void {
    const { socket, host } = this;
    if (first[0] === PROOF_REQUEST) {
      this.prove(first);
      return;
    }
    socket.pause();
    socket.unshift(first);
    if (first[0] === TLS_HANDSHAKE) this.secure();
    else if (first[0] === PLAIN_FRAME) {
      const forbidden = forbiddenFor(this.options.plaintext, host);
      if (forbidden === undefined) this.become(socket, "plain", undefined);
      else this.turnAway(forbidden, socket);
    } else
      this.turnAway(new SynapseError("bad_request", "this port speaks Synapse: frames of MsgPack with a 4-byte length, or TLS"), socket);
  }

  private prove(first: Buffer): void {
    const { refusal } = this.options;
    if (refusal === undefined) answerProof(this.socket, first, this.options.answerProof);
    else this.refuse(refusal); // there is no form in which it could be told
  }

  private secure(): void {
    const socket = acceptTls(this.socket, this.options.secureContext);
    // Without this a caller that is gone would hold its place until the time for handshakes is over.
    const onEnd = () => this.refuse(new SynapseError("connection_lost", "the caller left within the handshake"));
    socket.on("error", this.onEarlyError);
    socket.on("end", onEnd);
    socket.once("secure", () => {
      try {
        this.become(socket, "secure", peerIdOf(socket));
        socket.off("error", this.onEarlyError);
        socket.off("end", onEnd);
      } catch (error) {
        this.refuse(asSynapseError(error));
      }
    });
  }

  private become(on: Socket, dialect: Dialect, peerId: NodeId | undefined): void {
    const { refusal, limits, runtime, outBuffer, incoming, onLink } = this.options;
    if (refusal !== undefined) {
      this.turnAway(refusal, on);
      return;
    }
    this.patience.cancel();
    this.socket.off("error", this.onEarlyError);
    this.socket.off("end", this.onEarlyEnd);
    this.socket.off("close", this.onEarlyClose);
    const { remoteAddress } = this;
    onLink(new TcpLink({ socket: on, dialect, peerId, remoteAddress, dialled: false, runtime, limits, outBuffer, incoming }));
  }

  private refuse(error: SynapseError): void {
    this.patience.cancel();
    this.options.onRefused(this.remoteAddress, error);
    this.socket.destroy();
  }

  /**
   * Says why, in the one form that every client of the plain dialect understands, and in place of hello in the secure one, and closes.
   * What the caller has sent is read and dropped until it closes as well: closing over unread bytes would reset the connection, and the
   * caller would never see the reason. Should it stay on regardless, `patience` ends it.
   */
  private turnAway(error: SynapseError, on: Socket): void {
    this.options.onRefused(this.remoteAddress, error);
    this.socket.off("end", this.onEarlyEnd);
    on.on("error", () => undefined); // it may break off before it has heard
    on.on("end", () => on.destroySoon());
    on.resume();
    on.end(frame(this.options.encodeRefusal(error)));
  }
}

function forbiddenFor(plaintext: PlaintextPolicy, host: string): SynapseError | undefined {
  if (plaintext === "any" || (plaintext === "loopback" && isLoopback(host))) return undefined;
  const who = plaintext === "off" ? "nobody" : "this machine only";
  return new SynapseError(
    "forbidden",
    `the plain dialect is accepted from ${who}; use TLS (synapse/2), or start the node with plaintext "any"`,
  );
}
