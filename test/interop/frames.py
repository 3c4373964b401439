"""Messages as bytes: frames, and the pieces that long messages are cut into."""

import msgpack

MAX_FRAME_BYTES = 4 * 1024 * 1024
CHUNK_BYTES = 64 * 1024


class RpcError(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code = code
        self.message = message


def raw(data):
    """Text that holds any bytes, as programs send that were written before MsgPack told text from bytes."""
    return data.decode("utf-8", "surrogateescape")


def pack(message):
    return msgpack.packb(message, use_bin_type=True, unicode_errors="surrogateescape")


def unpack(body):
    return msgpack.unpackb(body, raw=False, strict_map_key=False)


def framed(body):
    return len(body).to_bytes(4, "big") + body


async def read_frame(reader):
    size = int.from_bytes(await reader.readexactly(4), "big")
    if size > MAX_FRAME_BYTES:
        raise RpcError("frame_too_large", f"{size} bytes")
    return unpack(await reader.readexactly(size))


def cut(body, of):
    """The chunks that carry a message."""
    for start in range(0, len(body), CHUNK_BYTES):
        end = start + CHUNK_BYTES
        last = {"last": True} if end >= len(body) else {}
        yield {"type": "chunk", "of": of, "data": body[start:end], **last}


class Assembler:
    """Puts messages together again, of which any number come at the same time."""

    def __init__(self):
        self.partial = {}
        self.order = []  # the number of the message that each chunk belonged to

    def add(self, chunk):
        """The message, when this was the last of its pieces."""
        of, data = chunk["of"], chunk["data"]
        assert 0 < len(data) <= CHUNK_BYTES, len(data)
        self.order.append(of)
        self.partial[of] = self.partial.get(of, b"") + data
        return unpack(self.partial.pop(of)) if chunk.get("last") else None
