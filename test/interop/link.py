"""One connection as docs/protocol.md has it: frames, messages, calls and streams, each way."""

import asyncio
import inspect
import itertools

from frames import CHUNK_BYTES, Assembler, RpcError, cut, framed, pack, read_frame

FIRST_CREDIT = 4
PLAIN_FIELDS = {"type", "id", "endpoint", "args", "kwargs"}
HELLO = {"type": "hello", "version": 2, "swarm": "", "listen": [], "features": ["stream", "input"], "software": "peer.py", "observed": ""}
END = object()


def response(call_id, result=None, error=None):
    return {"type": "response", "id": call_id, "ok": error is None, "result": result, "error": error}


class Items:
    """The reading end of a stream. Credit for one more item is given as one is taken."""

    def __init__(self, grant):
        self.grant = grant
        self.queue = asyncio.Queue()
        self.credit = FIRST_CREDIT

    def put(self, value):
        if self.credit == 0:
            raise RpcError("bad_request", "an item came for which no credit was given")
        self.credit -= 1
        self.queue.put_nowait(value)

    def finish(self, error=END):
        self.queue.put_nowait(error)

    def __aiter__(self):
        return self

    async def __anext__(self):
        value = await self.queue.get()
        if value is END or isinstance(value, RpcError):
            self.queue.put_nowait(END)
            if value is END:
                raise StopAsyncIteration
            raise value
        self.credit += 1
        self.grant()
        return value


class Call:
    """A call under way, in either direction."""

    def __init__(self, call_id, items=None):
        self.id = call_id
        self.items = items
        self.room = asyncio.Semaphore(FIRST_CREDIT)  # what the other side still takes
        self.answer = asyncio.get_running_loop().create_future()
        self.task = None
        self.sent = 0  # items

    def fail(self, error):
        if not self.answer.done():
            self.answer.set_exception(error)
            self.answer.exception()  # not everybody waits for it
        if self.items is not None:
            self.items.finish(error)


class Link:
    def __init__(self, reader, writer, endpoints, secure, own_hello=HELLO, swarm=""):
        self.reader, self.writer, self.endpoints, self.secure = reader, writer, endpoints, secure
        self.own_hello, self.swarm = own_hello, swarm  # what it says, and what it is: tests may want them to differ
        self.made = {}  # calls of ours, by id
        self.taken = {}  # calls of theirs, by id
        self.without_id = None  # a call of ours that may not be understood
        self.ids = itertools.count(1)
        self.pieces = itertools.count(1)  # names for messages that are cut
        self.hello = None
        self.cuts = False  # both sides know chunks
        self.gathers = False  # both sides know several items in one message
        self.chunks = Assembler()
        self.heard = []  # what kinds of messages came, and in which order
        self.leaves = False  # this side has said goaway
        self.told_to_go = asyncio.Event()  # the other has
        self.ended = asyncio.Event()
        self.tasks = set()

    def send(self, **message):
        self.writer.write(framed(pack(message)))

    async def send_long(self, message):
        """Sends a message in pieces where it is long and the other side knows them. What is short goes between them."""
        body = pack(message)
        if not self.cuts or len(body) <= CHUNK_BYTES:
            self.writer.write(framed(body))
        else:
            for piece in cut(body, next(self.pieces)):
                self.send(**piece)
                await self.writer.drain()
                await asyncio.sleep(0)
        await self.writer.drain()

    async def greet(self):
        """Sends hello and waits for the other's."""
        if self.own_hello is not None:
            self.send(**self.own_hello)
        self.hello = await read_frame(self.reader)
        self.heard.append(self.hello["type"])
        if self.hello["type"] == "response":
            raise RpcError(**self.hello["error"])
        assert self.hello["type"] == "hello" and self.hello["version"] == 2, self.hello
        if self.swarm and self.hello["swarm"] and self.swarm != self.hello["swarm"]:
            raise RpcError("wrong_swarm", self.hello["swarm"])
        spoken = self.own_hello.get("features", []) if self.own_hello else []
        common = {*spoken} & {*self.hello["features"]}
        self.cuts, self.gathers = "chunk" in common, "items" in common

    def leave(self):
        """Says that this side leaves. What is under way is answered, and the other side closes the link."""
        self.leaves = True
        self.send(type="goaway")

    def close_if_told(self):
        if self.told_to_go.is_set() and not self.made and not self.taken:
            self.writer.close()

    async def run(self, one_shot=False):
        """Takes messages until the link ends."""
        try:
            while True:
                self.take(await read_frame(self.reader))
                if one_shot:
                    await asyncio.gather(*self.tasks)
                    break
        except (asyncio.IncompleteReadError, ConnectionError, RpcError):
            pass  # the other side left, or does not speak this
        finally:
            for call in self.made.values():
                call.fail(RpcError("connection_lost", "the link ended"))
            for call in self.taken.values():
                call.task.cancel()
            self.writer.close()
            self.ended.set()

    def take(self, message):
        kind = message.get("type", "request")
        self.heard.append(kind)
        if kind == "chunk" and self.cuts:
            whole = self.chunks.add(message)
            if whole is not None:
                self.take(whole)
        elif kind == "request":
            self.take_request(message)
        elif kind == "response":
            self.take_response(message)
        elif kind == "cancel":
            if message["id"] in self.taken:
                self.taken[message["id"]].task.cancel()
        elif kind in ("item", "end", "credit") or (kind == "items" and self.gathers):
            self.take_stream(kind, message)
        elif kind == "goaway":
            self.told_to_go.set()
        else:
            raise RpcError("bad_request", f"unknown message {kind}")
        self.close_if_told()

    def take_stream(self, kind, message):
        # What a caller says of its own stream, or is told of it, carries `input`; items of that go to the callee, credit to the caller.
        is_input = message.get("input", False)
        calls = self.taken if is_input == (kind != "credit") else self.made
        call = calls.get(message["id"])
        if call is None:
            return
        if kind == "credit":
            for _ in range(message["items"]):
                call.room.release()
        elif kind == "item":
            call.items.put(message["value"])
        elif kind == "items":
            for value in message["values"]:
                call.items.put(value)
        else:
            call.items.finish()
            if not is_input:
                self.made.pop(call.id)

    def take_response(self, message):
        if not self.secure:
            assert set(message) == {"type", "id", "ok", "result", "error"}, message
        is_nameless = message["id"] == "" and self.without_id is not None
        call = self.made.pop(self.without_id.id if is_nameless else message["id"], None)
        if call is None:
            return
        if not message["ok"]:
            call.fail(RpcError(message["error"]["code"], message["error"]["message"]))
        elif not call.answer.done():
            call.answer.set_result(message["result"])

    def take_request(self, message):
        call_id = message["id"]
        if not self.secure and set(message) != PLAIN_FIELDS:
            unknown = sorted(set(message) ^ PLAIN_FIELDS)
            self.send(**response(call_id, error={"code": "bad_request", "message": f"unknown request fields: {unknown}"}))
            return
        items = None
        if message.get("input"):
            items = Items(lambda: self.send(type="credit", id=call_id, items=1, input=True))
        call = Call(call_id, items)
        self.taken[call_id] = call
        call.task = self.spawn(self.serve(call, message))
        call.task.add_done_callback(lambda _: self.forget(call))  # one that is cancelled at once never begins

    def forget(self, call):
        if self.taken.get(call.id) is call:
            del self.taken[call.id]
        self.close_if_told()

    def spawn(self, work):
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    async def serve(self, call, message):
        try:
            if self.leaves:  # `refused` says that nothing of the call has run
                error = {"code": "busy", "message": "this side is leaving"}
                self.send(**response(call.id, error=error), refused=True)
                return
            await self.send_long(await self.outcome(call, message))
        except RpcError as error:
            self.send(**response(call.id, error={"code": error.code, "message": error.message}))
        except (asyncio.CancelledError, ConnectionError):
            pass  # nobody waits for the answer
        except Exception as error:
            self.send(**response(call.id, error={"code": "internal_error", "message": str(error)}))

    async def outcome(self, call, message):
        handler = self.endpoints.get(message["endpoint"])
        if handler is None:
            raise RpcError("bad_request", f"no endpoint {message['endpoint']}")
        result = handler(call.items, *message["args"], **message["kwargs"])
        if inspect.isasyncgen(result):
            if not message.get("stream"):
                return response(call.id, [item async for item in result])
            await self.write_items(call, result, {})
            return {"type": "end", "id": call.id}
        return response(call.id, await result if inspect.isawaitable(result) else result)

    async def write_items(self, call, source, mark):
        """Sends what `source` yields, as far as there is credit: it is not asked for an item that may not be sent."""
        try:
            while True:
                await call.room.acquire()
                values = [await source.__anext__()]
                if not self.gathers:
                    await self.send_long({"type": "item", "id": call.id, "value": values[0], **mark})
                    call.sent += 1
                    continue
                await self.gather(call, source, values)
                await self.send_long({"type": "items", "id": call.id, "values": values, **mark})
                call.sent += len(values)
        except StopAsyncIteration:
            pass
        finally:
            await source.aclose()

    async def gather(self, call, source, values):
        """Takes what else there is credit for. The end of the source is seen again when it is next asked."""
        while not call.room.locked():
            try:
                value = await source.__anext__()
            except StopAsyncIteration:
                return
            await call.room.acquire()
            values.append(value)

    def open(self, endpoint, args, kwargs, stream=False, source=None, deadline_ms=None, announces_input=False, send=None):
        """Makes a call. Its answer comes in `answer`, its stream in `items`. `send` may take the request in hand."""
        call_id = str(next(self.ids))
        items = Items(lambda: self.send(type="credit", id=call_id, items=1)) if stream else None
        call = Call(call_id, items)
        self.made[call_id] = call
        extras = {"stream": True} if stream else {}
        if source is not None or announces_input:
            extras["input"] = True
        if deadline_ms is not None:
            extras["deadline_ms"] = deadline_ms
        (send or self.send)(type="request", id=call_id, endpoint=endpoint, args=args, kwargs=kwargs, **extras)
        if source is not None:
            call.task = self.spawn(self.upload(call, source))
        return call

    async def upload(self, call, source):
        try:
            await self.write_items(call, source, {"input": True})
        except RpcError as error:  # what breaks the stream of a caller ends its call
            self.cancel(call)
            call.fail(error)
        else:
            self.send(type="end", id=call.id, input=True)

    def cancel(self, call):
        self.made.pop(call.id, None)
        self.send(type="cancel", id=call.id)
