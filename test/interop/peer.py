"""A Synapse peer written from docs/protocol.md alone: `peer.py serve` answers calls, `peer.py drive HOST PORT` makes those it is told to."""

import argparse
import ast
import asyncio
import hashlib
import json
import os
import ssl
import subprocess
import sys
import tempfile

from driver import Driver
from endpoints import Endpoints
from frames import RpcError
from link import HELLO, Link

ALPN = "synapse/2"
SPKI_PREFIX = bytes.fromhex("302a300506032b6570032100")  # what stands before an Ed25519 key, RFC 8410


def node_id(der):
    """SHA-256 of the public key in a certificate."""
    at = der.index(SPKI_PREFIX) + len(SPKI_PREFIX)
    return hashlib.sha256(der[at : at + 32]).hexdigest()


def make_certificate(folder):
    key, cert = os.path.join(folder, "key.pem"), os.path.join(folder, "cert.pem")
    try:
        write_certificate(key, cert)
    except ImportError:
        command = ["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-keyout", key, "-out", cert, "-subj", "/CN=peer"]
        subprocess.run(command, check=True, capture_output=True)
    return key, cert


def write_certificate(key_path, cert_path):
    from datetime import datetime

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "peer")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    certificate = builder.not_valid_before(datetime(2020, 1, 1)).not_valid_after(datetime(2999, 1, 1)).sign(key, None)
    with open(key_path, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with open(cert_path, "wb") as file:
        file.write(certificate.public_bytes(Encoding.PEM))


def tls_context(is_server, trusted):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if is_server else ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols([ALPN])
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if is_server:
        # Python's ssl cannot ask for a certificate and leave it unchecked, so a server has to be given those of its callers.
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(trusted)
    with tempfile.TemporaryDirectory() as folder:
        key, cert = make_certificate(folder)
        context.load_cert_chain(cert, key)
        with open(cert) as file:
            own = node_id(ssl.PEM_cert_to_DER_cert(file.read()))
    return context, own


def peer_of(writer):
    tls = writer.get_extra_info("ssl_object")
    assert tls.selected_alpn_protocol() == ALPN and tls.version() == "TLSv1.3"
    return node_id(tls.getpeercert(binary_form=True))


def say(**message):
    print(json.dumps(message), flush=True)


async def serve(options):
    context, own = tls_context(True, options.trust) if options.trust else (None, None)
    hellos = ast.literal_eval(options.hellos)
    endpoints = Endpoints()
    links = []

    async def on_connection(reader, writer):
        hello = hellos.pop(0) if hellos else hello_of(options)
        link = Link(reader, writer, {}, context is not None, hello, options.swarm)
        links.append(link)
        link.endpoints = {**endpoints, **of_one_link(link, links, peer_of(writer) if context else None)}
        try:
            if context:
                await link.greet()
            await link.run(options.one_shot)
        except RpcError as error:
            link.heard.append(error.code)
        finally:
            writer.close()
            link.ended.set()

    server = await asyncio.start_server(on_connection, "127.0.0.1", 0, ssl=context, backlog=512)
    say(port=server.sockets[0].getsockname()[1], id=own)
    await read_lines(lambda _: None)  # the test closes the input when it is over


def hello_of(options):
    return {**HELLO, "features": options.features.split(","), "swarm": options.swarm}


def of_one_link(link, links, caller):
    """Endpoints that know over which link they are called."""

    async def others(_):
        """What kinds of messages came over the links made before this one. Answers when all of them have ended."""
        before = links[: links.index(link)]
        await asyncio.gather(*[other.ended.wait() for other in before])
        return [other.heard for other in before]

    return {
        "caller": lambda _: caller,
        "connections": lambda _: len(links),
        "chunks": lambda _: link.chunks.order,
        "heard": lambda _: link.heard,
        "so_far": lambda _: [each.heard for each in links],
        "others": others,
        "leave": lambda _: link.leave(),
        "vanish": lambda _: link.writer.transport.abort(),
        "_synapse.ping": lambda _: "pong",
    }


async def drive(options):
    context, own = tls_context(False, None) if options.tls else (None, None)

    async def connect(hello):
        reader, writer = await asyncio.open_connection("127.0.0.1", options.port, ssl=context)
        return Link(reader, writer, Endpoints(), context is not None, hello, options.swarm)

    link = await connect(hello_of(options))
    try:
        if context:
            await link.greet()
    except RpcError as error:
        say(error={"code": error.code, "message": error.message})
        return
    say(id=own, peer=peer_of(link.writer) if context else None, hello=link.hello)
    running = asyncio.create_task(link.run())
    driver = Driver(link, connect, say)
    await read_lines(lambda line: link.spawn(driver.obey(json.loads(line))))
    running.cancel()


async def read_lines(take):
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        take(line)


def main():
    parser = argparse.ArgumentParser()
    modes = parser.add_subparsers(dest="mode", required=True)
    server = modes.add_parser("serve")
    server.add_argument("--one-shot", action="store_true")
    server.add_argument("--trust", help="speak TLS with callers that show one of the certificates in this file")
    server.add_argument("--hellos", default="[]", help="what to say to the first callers in place of hello, None to say nothing")
    driver = modes.add_parser("drive")
    driver.add_argument("port", type=int)
    driver.add_argument("--tls", action="store_true")
    for mode in (server, driver):
        mode.add_argument("--features", default=",".join(HELLO["features"]))
        mode.add_argument("--swarm", default="")
    options = parser.parse_args()
    asyncio.run(serve(options) if options.mode == "serve" else drive(options))


main()
