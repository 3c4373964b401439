import type { LookupFunction, Socket } from "node:net";
import { connect, createSecureContext, type SecureContext, TLSSocket } from "node:tls";
import type { NodeId } from "../../routing/index.ts";
import { SynapseError } from "../errors.ts";
import { type Identity, nodeIdOf, rawPublicKey } from "../identity.ts";
import { selfSignedCertificate } from "./certificate.ts";

/** The application protocol both sides must name (RFC 7301). */
export const ALPN = "synapse/2";

const contexts = new WeakMap<Identity, SecureContext>(); // as many as there are identities in use

/** The certificate and key of an identity, ready for any number of handshakes. Made once: it costs more than a handshake. */
export function secureContextOf(identity: Identity): SecureContext {
  const known = contexts.get(identity);
  if (known !== undefined) return known;
  const context = createContext(identity);
  contexts.set(identity, context);
  return context;
}

function createContext(identity: Identity): SecureContext {
  return createSecureContext({
    key: identity.privateKey.export({ format: "pem", type: "pkcs8" }) as string,
    cert: selfSignedCertificate(identity.privateKey),
    minVersion: "TLSv1.3",
    sessionIdContext: ALPN, // without one no session could be resumed
  });
}

// Certificates prove a key and nothing else, so the usual chain of trust is switched off on both sides; instead `peerIdOf` takes the key
// that the handshake has proved, and whoever expects a certain id compares it with that key's hash.

/** The accepting side of a handshake on a socket whose first bytes may have been read already. */
export function acceptTls(socket: Socket, secureContext: SecureContext): TLSSocket {
  return new TLSSocket(socket, { isServer: true, secureContext, requestCert: true, rejectUnauthorized: false, ALPNProtocols: [ALPN] });
}

/** The dialling side, to an address or over a connected socket, with the ticket of an earlier session if there is one. */
export function dialTls(
  to: { host: string; port: number; lookup?: LookupFunction | undefined } | { socket: Socket },
  secureContext: SecureContext,
  ticket?: Buffer,
): TLSSocket {
  const unchecked = { rejectUnauthorized: false, checkServerIdentity: () => undefined };
  return connect({ ...to, secureContext, ALPNProtocols: [ALPN], ...unchecked, ...(ticket && { session: ticket }) });
}

/**
 * The id that the other side has proved.
 * @throws SynapseError `not_synapse` when it spoke another protocol or showed no Ed25519 key.
 */
export function peerIdOf(socket: TLSSocket): NodeId {
  if (socket.alpnProtocol !== ALPN) throw new SynapseError("not_synapse", `the other side does not speak ${ALPN} over TLS`);
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) throw new SynapseError("not_synapse", "the other side showed no certificate");
  if (certificate.publicKey.asymmetricKeyType !== "ed25519")
    throw new SynapseError("not_synapse", "the other side's certificate has no Ed25519 key");
  return nodeIdOf(rawPublicKey(certificate.publicKey));
}
