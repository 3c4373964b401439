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

from endpoints import Endpoints
from link import Link, RpcError

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


def say(**message):
    print(json.dumps(message), flush=True)


def peer_of(writer):
    tls = writer.get_extra_info("ssl_object")
    assert tls.selected_alpn_protocol() == ALPN and tls.version() == "TLSv1.3"
    return node_id(tls.getpeercert(binary_form=True))


async def serve(options):
    context, own = tls_context(True, options.trust) if options.trust else (None, None)
    endpoints = Endpoints()
    connections = 0

    async def on_connection(reader, writer):
        nonlocal connections
        connections += 1
        caller = peer_of(writer) if context else None
        # The dictionary is one for all links, but for who is asking.
        here = {**endpoints, "caller": lambda _: caller, "connections": lambda _: connections, "_synapse.ping": lambda _: "pong"}
        link = Link(reader, writer, here, context is not None)
        if context:
            await link.greet()
        await link.run(options.one_shot)

    server = await asyncio.start_server(on_connection, "127.0.0.1", 0, ssl=context, backlog=512)
    say(port=server.sockets[0].getsockname()[1], id=own)
    await read_lines(lambda _: None)  # the test closes the input when it is over


async def drive(options):
    context, own = tls_context(False, None) if options.tls else (None, None)
    reader, writer = await asyncio.open_connection("127.0.0.1", options.port, ssl=context)
    link = Link(reader, writer, Endpoints(), context is not None)
    if context:
        await link.greet()
    say(id=own, peer=peer_of(writer) if context else None, hello=link.hello)
    running = asyncio.create_task(link.run())
    driver = Driver(link)
    await read_lines(lambda line: link.spawn(driver.obey(json.loads(line))))
    running.cancel()


async def read_lines(take):
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        take(line)


class Driver:
    """Does what the test says, a JSON object a line. Values go over as Python literals, since JSON has not all of them."""

    def __init__(self, link):
        self.link = link
        self.streams = {}

    async def obey(self, order):
        try:
            result = await getattr(self, "do_" + order["do"])(order)
            say(n=order["n"], result=repr(result))
        except RpcError as error:
            say(n=order["n"], error={"code": error.code, "message": error.message})
        except Exception as error:
            say(n=order["n"], error={"code": type(error).__name__, "message": str(error)})

    def open(self, order, stream):
        args, kwargs = ast.literal_eval(order.get("args", "[]")), ast.literal_eval(order.get("kwargs", "{}"))
        source = self.source(ast.literal_eval(order["input"])) if "input" in order else None
        return self.link.open(order["endpoint"], args, kwargs, stream, source, order.get("deadline_ms"))

    async def source(self, values):
        for value in values:
            yield value

    async def do_call(self, order):
        return await self.open(order, False).answer

    async def do_open(self, order):
        self.streams[order["stream"]] = self.open(order, True)

    async def do_read(self, order):
        """Takes so many items, or all there are."""
        items = self.streams[order["stream"]].items
        taken = []
        while len(taken) < order.get("items", sys.maxsize):
            try:
                taken.append(await items.__anext__())
            except StopAsyncIteration:
                break
        return taken

    async def do_waiting(self, order):
        return self.streams[order["stream"]].items.queue.qsize()

    async def do_begin(self, order):
        self.streams[order["stream"]] = self.open(order, False)

    async def do_sent(self, order):
        return self.streams[order["stream"]].sent

    async def do_greedy(self, order):
        """Sends items of its own, whether or not it may."""
        call = self.link.open(order["endpoint"], [], {}, announces_input=True)
        for value in range(order["items"]):
            self.link.send(type="item", id=call.id, value=value, input=True)
        return await call.answer

    async def do_answer(self, order):
        return await self.streams[order["stream"]].answer

    async def do_cancel(self, order):
        self.link.cancel(self.streams[order["stream"]])


def main():
    parser = argparse.ArgumentParser()
    modes = parser.add_subparsers(dest="mode", required=True)
    server = modes.add_parser("serve")
    server.add_argument("--one-shot", action="store_true")
    server.add_argument("--trust", help="speak TLS with callers that show one of the certificates in this file")
    driver = modes.add_parser("drive")
    driver.add_argument("port", type=int)
    driver.add_argument("--tls", action="store_true")
    options = parser.parse_args()
    asyncio.run(serve(options) if options.mode == "serve" else drive(options))


main()
