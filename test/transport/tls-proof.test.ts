import { createPublicKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { type ConnectionOptions, connect, createSecureContext, TLSSocket } from "node:tls";
import { describe, expect, onTestFinished, test } from "vitest";
import { Identity } from "../../src/identity.ts";
import { parseAddress } from "../../src/index.ts";
import { selfSignedCertificate } from "../../src/transport/certificate.ts";
import { ALPN, secureContextOf } from "../../src/transport/tls.ts";
import type { Link } from "../../src/transport/transport.ts";
import { certificateFor, foreignContext } from "../support/net/foreign-certificates.ts";
import { deferred, failureOf, turn } from "../support/net/lifetime.ts";
import { listening, transportOf } from "../support/net/link-pair.ts";
import { rawListener } from "../support/net/one-shot-server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

/** The first bytes of a TLS record that announces more than follows. */
const HALF_A_TLS_HELLO = Buffer.from("16030100ff01", "hex");

describe("the certificate of an identity", () => {
  const identity = Identity.generate();
  const certificate = new X509Certificate(selfSignedCertificate(identity.privateKey));

  test("carries its public key, signed by itself", () => {
    expect(certificate.publicKey.equals(createPublicKey(identity.privateKey))).toBe(true);
    expect(certificate.verify(createPublicKey(identity.privateKey))).toBe(true);
    expect(certificate.verify(createPublicKey(Identity.generate().privateKey))).toBe(false);
  });

  test("says nothing else, and never ends", () => {
    expect([certificate.subject, certificate.issuer]).toEqual(["CN=synapse", "CN=synapse"]);
    expect(certificate.validTo).toBe("Dec 31 23:59:59 9999 GMT");
    expect(Date.parse(certificate.validFrom)).toBeLessThan(Date.parse("2021-01-01"));
  });

  test("is the same each time, so that it can be pinned", () => {
    expect(selfSignedCertificate(identity.privateKey)).toBe(selfSignedCertificate(identity.privateKey));
  });

  test("of another's key is of no use without that key", () => {
    const stolen = certificateFor(createPublicKey(Identity.generate().privateKey), identity.privateKey);
    const key = identity.privateKey.export({ format: "pem", type: "pkcs8" });
    expect(() => createSecureContext({ cert: stolen, key })).toThrow(/key values mismatch/);
  });
});

describe("both ends of a handshake", () => {
  test("know the other's id, proved", async () => {
    const [from, to] = [Identity.generate(), Identity.generate()];
    const arrived = deferred<Link>();
    const address = await listening(transportOf({ identity: to }), arrived.resolve);
    const link = await transportOf({ identity: from }).dial(address, { dialect: "secure", expectedId: to.nodeId, timeoutMs: 10_000 });
    onTestFinished(() => link.destroy());
    expect(link.peerId).toEqual(to.nodeId);
    expect((await arrived.promise).peerId).toEqual(from.nodeId);
  });
});

describe("whoever listens is refused by the dialler", () => {
  test("when it is not the one expected: wrong_peer, naming both", async () => {
    const [there, wanted] = [Identity.generate(), Identity.generate()];
    const address = await listening(transportOf({ identity: there }));
    const error = await failureOf(transportOf().dial(address, { dialect: "secure", expectedId: wanted.nodeId, timeoutMs: 10_000 }));
    const short = ({ nodeId }: Identity) => Buffer.from(nodeId).toString("hex").slice(0, 8);
    expect(error).toMatchObject({ code: "wrong_peer", message: `${address} is node ${short(there)}, not ${short(wanted)}`, peer: address });
  });

  test.each(["rsa", "ec", "ed448"] as const)("when its key is %s", async (kind) => {
    const error = await failureOf(dialling(await tlsListener({ secureContext: foreignContext(kind) })));
    expect(error).toMatchObject({ code: "not_synapse", message: expect.stringMatching(/no Ed25519 key/) });
  });

  test("when it speaks another protocol over TLS, or names none", async () => {
    const context = secureContextOf(Identity.generate());
    for (const ALPNProtocols of [["http/1.1"], []]) {
      const error = await failureOf(dialling(await tlsListener({ secureContext: context, ALPNProtocols })));
      expect(error.code).toBe("not_synapse");
    }
  });

  test("when it speaks TLS 1.2 at the most", async () => {
    const { privateKey } = Identity.generate();
    const old = createSecureContext({
      key: privateKey.export({ format: "pem", type: "pkcs8" }),
      cert: selfSignedCertificate(privateKey),
      minVersion: "TLSv1.2",
      maxVersion: "TLSv1.2",
    });
    expect(await failureOf(dialling(await tlsListener({ secureContext: old })))).toMatchObject({ code: "not_synapse" });
  });

  test("when it speaks no TLS at all, or hangs up", async () => {
    const web = await rawListener((peer) => peer.socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const rude = await rawListener((peer) => peer.socket.destroy());
    const polite = await rawListener((peer) => peer.socket.end());
    for (const { port } of [web, rude, polite]) {
      expect(await failureOf(dialling(port))).toMatchObject({ code: "not_synapse", hint: expect.stringMatching(/plain/) });
    }
  });
});

describe("whoever dials is refused by the listener, and told of", () => {
  test.each(["rsa", "ec", "ed448"] as const)("when its key is %s", async (kind) => {
    expect((await refusalOf({ secureContext: foreignContext(kind) })).message).toMatch(/no Ed25519 key/);
  });

  test("when it shows no certificate", async () => {
    expect((await refusalOf({ secureContext: createSecureContext({}) })).message).toMatch(/showed no certificate/);
  });

  test("when it names another protocol, or none", async () => {
    const secureContext = secureContextOf(Identity.generate());
    expect((await refusalOf({ secureContext, ALPNProtocols: ["h2"] })).message).toMatch(/no.application.protocol|does not speak synapse/i);
    expect((await refusalOf({ secureContext, ALPNProtocols: [] })).message).toMatch(/does not speak synapse\/2/);
  });

  test("when it speaks TLS 1.2 at the most", async () => {
    const error = await refusalOf({ secureContext: createSecureContext({ maxVersion: "TLSv1.2", minVersion: "TLSv1.2" }) });
    expect(error.message).toMatch(/unsupported.protocol|version/i);
  });

  test.each([
    ["breaks off the handshake", (socket: Socket) => socket.resetAndDestroy()],
    ["closes its half within the handshake", (socket: Socket) => socket.end()],
  ])("when it %s, at once", async (_, leave) => {
    const refused = deferred<Error>();
    const address = await listening(transportOf({ onRefused: (_from, error) => refused.resolve(error) }));
    const socket = connectTcp({ ...parseAddress(address), allowHalfOpen: true });
    onTestFinished(() => {
      socket.destroy();
    });
    await once(socket, "connect");
    socket.write(HALF_A_TLS_HELLO, () => leave(socket));
    expect(await refused.promise).toMatchObject({ code: expect.stringMatching(/connection_lost|internal_error/) });
  });

  test("when it stops within the handshake, once its time is over", async () => {
    const clock = new VirtualClock(1);
    const refused = deferred<Error>();
    const address = await listening(transportOf({ runtime: clock, onRefused: (_, error) => refused.resolve(error) }));
    const socket = connectTcp(parseAddress(address));
    onTestFinished(() => {
      socket.destroy();
    });
    const gone = once(socket.resume(), "close");
    await once(socket, "connect");
    socket.write(HALF_A_TLS_HELLO);
    // Time goes on, a second a turn, until the listener has seen the socket and then lost patience with it.
    for (let settled = false; !settled; clock.advance(1_000)) {
      settled = await Promise.race([refused.promise.then(() => true), turn().then(() => false)]);
    }
    expect(await refused.promise).toMatchObject({ code: "timed_out" });
    await gone;
  });

  test("and the listener takes an honest link after each of them", async () => {
    const arrived = deferred<Link>();
    const address = await listening(transportOf(), arrived.resolve);
    for (const kind of ["rsa", "ec"] as const) await handshake(address, { secureContext: foreignContext(kind) });
    const link = await transportOf().dial(address, { dialect: "secure", timeoutMs: 10_000 });
    onTestFinished(() => link.destroy());
    await arrived.promise;
  });
});

function dialling(port: number): Promise<Link> {
  return transportOf().dial(`127.0.0.1:${port}`, { dialect: "secure", timeoutMs: 10_000 });
}

/** A TLS server of any kind; gives its port. */
async function tlsListener(options: { readonly secureContext: ReturnType<typeof createSecureContext>; readonly ALPNProtocols?: string[] }) {
  const { port } = await rawListener((peer) => {
    peer.socket.removeAllListeners("data");
    const tls = new TLSSocket(peer.socket, { isServer: true, ALPNProtocols: [ALPN], ...options });
    tls.on("error", () => undefined);
  });
  return port;
}

/** Tries to dial with any TLS client; resolves when the connection is over. */
async function handshake(address: string, options: ConnectionOptions): Promise<void> {
  const { host, port } = parseAddress(address);
  const socket = connect({ host, port, rejectUnauthorized: false, ALPNProtocols: [ALPN], ...options });
  onTestFinished(() => {
    socket.destroy();
  });
  socket.on("error", () => undefined);
  socket.resume();
  await new Promise((resolve) => socket.once("close", resolve));
}

/** What the listener says of a client that it turns away. */
async function refusalOf(options: ConnectionOptions): Promise<Error> {
  const refused = deferred<Error>();
  const links: Link[] = [];
  const address = await listening(transportOf({ onRefused: (_, error) => refused.resolve(error) }), (link) => links.push(link));
  await handshake(address, options);
  const error = await refused.promise;
  expect(links).toEqual([]);
  return error;
}
