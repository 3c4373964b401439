import type { Socket } from "node:net";
import type { SecureContext } from "node:tls";
import type { Runtime } from "../../dht/index.ts";
import type { NodeId } from "../../routing/index.ts";
import { formatAddress, isLoopback } from "../address.ts";
import { asSynapseError, SynapseError } from "../errors.ts";
import { frame } from "../rpc/framing.ts";
import type { Limits } from "../rpc/limits.ts";
import { responseError } from "../rpc/messages.ts";
import { MessagePackRPCSerializer } from "../rpc/serializer.ts";
import { TcpLink } from "./tcp-link.ts";
import { acceptTls, peerIdOf } from "./tls.ts";
import type { Dialect, Link } from "./transport.ts";

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
  /** True: there is no room for it. It is heard out only so far that it can be told. */
  readonly isFull: boolean;
  readonly onLink: (link: Link) => void;
  readonly onRefused: (remoteAddress: string, error: SynapseError) => void;
}

/** Finds out which dialect a new socket speaks, by its first byte, and makes a link of it or refuses it. */
export function acceptSocket(options: AcceptOptions): void {
  const { socket, runtime, limits } = options;
  const host = socket.remoteAddress ?? "";
  const remoteAddress = formatAddress({ host: host.replace(/^::ffff:/, ""), port: socket.remotePort ?? 0 });
  const refuse = (error: SynapseError) => {
    patience.cancel();
    options.onRefused(remoteAddress, error);
    socket.destroy();
  };
  const turnAway = (error: SynapseError, on: Socket = socket) => {
    options.onRefused(remoteAddress, error);
    socket.off("end", onEarlyEnd);
    tell(on, error); // should it stay on regardless, `patience` ends it
  };
  const patience = runtime.schedule(limits.handshakeTimeoutMs, () => refuse(new SynapseError("timed_out", "no handshake in time")));
  const become = (on: Socket, dialect: Dialect, peerId: NodeId | undefined) => {
    if (options.isFull) {
      turnAway(new SynapseError("busy", `${limits.maxConnections} connections are open, and no more are taken; try again later`), on);
      return;
    }
    patience.cancel();
    socket.off("error", onEarlyError);
    socket.off("end", onEarlyEnd);
    options.onLink(new TcpLink({ socket: on, dialect, peerId, remoteAddress, dialled: false, runtime, limits }));
  };
  const onEarlyError = (error: Error) => refuse(asSynapseError(error));
  const onEarlyEnd = () => socket.destroy(); // it left without a word
  socket.on("error", onEarlyError);
  socket.on("end", onEarlyEnd);
  socket.once("close", () => patience.cancel());
  socket.once("data", (first: Buffer) => {
    socket.pause();
    socket.unshift(first);
    switch (first[0]) {
      case TLS_HANDSHAKE:
        secure(options, become, refuse);
        return;
      case PLAIN_FRAME: {
        const forbidden = forbiddenFor(options.plaintext, host);
        if (forbidden === undefined) become(socket, "plain", undefined);
        else turnAway(forbidden);
        return;
      }
      default:
        turnAway(new SynapseError("bad_request", "this port speaks Synapse: frames of MsgPack with a 4-byte length, or TLS"));
    }
  });
}

function secure(
  options: AcceptOptions,
  become: (on: Socket, dialect: Dialect, peerId: NodeId) => void,
  refuse: (error: SynapseError) => void,
): void {
  const socket = acceptTls(options.socket, options.secureContext);
  const onError = (error: Error) => refuse(asSynapseError(error));
  // Without this a caller that is gone would hold its place until the time for handshakes is over.
  const onEnd = () => refuse(new SynapseError("connection_lost", "the caller left within the handshake"));
  socket.on("error", onError);
  socket.on("end", onEnd);
  socket.once("secure", () => {
    try {
      const peerId = peerIdOf(socket);
      become(socket, "secure", peerId);
      socket.off("error", onError);
      socket.off("end", onEnd);
    } catch (error) {
      refuse(asSynapseError(error));
    }
  });
}

function forbiddenFor(plaintext: PlaintextPolicy, host: string): SynapseError | undefined {
  if (plaintext === "any" || (plaintext === "loopback" && isLoopback(host))) return undefined;
  const who = plaintext === "off" ? "nobody" : "this machine only";
  return new SynapseError(
    "forbidden",
    `the plain dialect is accepted from ${who}; use TLS (synapse/2), or start the node with plaintext "any"`,
  );
}

const plainSerializer = new MessagePackRPCSerializer();

/**
 * Says why, in the one form that every client of the plain dialect understands, and in place of hello in the secure one, and closes. What
 * the caller has sent is read and dropped until it closes as well: closing over unread bytes would reset the connection, and the caller
 * would never see the reason.
 */
function tell(socket: Socket, error: SynapseError): void {
  socket.on("error", () => undefined); // it may break off before it has heard
  socket.on("end", () => socket.destroySoon());
  socket.resume();
  socket.end(frame(plainSerializer.encode(responseError("", error))));
}
