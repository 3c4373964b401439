"""Does what the test says, an order at a time."""

import ast
import asyncio
import sys

from msgpack import ExtType, Timestamp

from frames import RpcError, cut, framed, pack, raw, read_frame

# What an expression may name; literals cannot say these.
NAMES = {"ExtType": ExtType, "Timestamp": Timestamp, "float": float, "bytearray": bytearray, "raw": raw, "__builtins__": {}}


class Driver:
    """Orders are maps, and what comes of them too. Values go over as Python literals, since JSON has not all of them."""

    def __init__(self, link, connect, say):
        self.link, self.connect, self.say = link, connect, say
        self.streams = {}
        self.greeted = {}  # further links, by name

    async def obey(self, order):
        n = order["n"]
        try:
            result = await getattr(self, "do_" + order["do"])(order)
            self.say(n=n, result=repr(result))
        except RpcError as error:
            self.say(n=n, error={"code": error.code, "message": error.message})
        except Exception as error:
            self.say(n=n, error={"code": type(error).__name__, "message": str(error)})

    def open(self, order, stream):
        args, kwargs = ast.literal_eval(order.get("args", "[]")), ast.literal_eval(order.get("kwargs", "{}"))
        source = self.source(ast.literal_eval(order["input"]), order.get("breaks")) if "input" in order else None
        return self.link.open(order["endpoint"], args, kwargs, stream, source, order.get("deadline_ms"))

    async def source(self, values, code):
        for value in values:
            yield value
        if code == "never":
            await asyncio.Event().wait()
        elif code is not None:
            raise RpcError(code, "the source broke")

    async def do_call(self, order):
        return await self.open(order, False).answer

    async def do_express(self, order):
        """A call whose arguments are expressions. An answer without an id is this one's."""
        args, kwargs = eval(order.get("args", "[]"), dict(NAMES)), eval(order.get("kwargs", "{}"), dict(NAMES))
        call = self.link.open(order["endpoint"], args, kwargs)
        self.link.without_id = call
        return await call.answer

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

    async def do_drain(self, order):
        """Takes all items there are, and the error that ends them."""
        items = self.streams[order["stream"]].items
        taken = []
        try:
            async for item in items:
                taken.append(item)
        except RpcError as error:
            return [taken, error.code, error.message]
        return [taken]

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

    async def do_pieces(self, order):
        """Makes several calls with long arguments, whose pieces take turns; between any two pieces a short call is made and answered."""
        messages, calls, shorts = [], [], []
        for size in ast.literal_eval(order["args"]):
            calls.append(self.link.open(order["endpoint"], [bytes(size)], {}, send=lambda **message: messages.append(message)))
        queues = [cut(pack(message), next(self.link.pieces)) for message in messages]
        while queues:
            for queue in list(queues):
                piece = next(queue, None)
                if piece is None:
                    queues.remove(queue)
                    continue
                self.link.send(**piece)
                if not piece.get("last"):
                    shorts.append(await self.link.open("_synapse.ping", [], {}).answer)
        return [[await call.answer for call in calls], len(shorts), set(shorts)]

    async def do_chunks(self, _):
        return self.link.chunks.order

    async def do_heard(self, _):
        return self.link.heard

    async def do_told(self, _):
        """Waits until the other side has said goaway."""
        return await self.link.told_to_go.wait()

    async def do_ended(self, _):
        return await self.link.ended.wait()

    async def do_vanish(self, _):
        self.link.writer.transport.abort()

    async def do_greet(self, order):
        """Makes another link, says what it is told to and a call at once, and gives the kind of the first message that comes."""
        link = await self.connect(None)
        for message in ast.literal_eval(order["args"]):
            link.writer.write(framed(pack(message)))
        self.greeted[order["stream"]] = link
        return (await read_frame(link.reader))["type"]

    async def do_rest(self, order):
        """The kinds of all further messages over that link, up to its end; in place of "response" the code of its error."""
        kinds = []
        try:
            while True:
                message = await read_frame(self.greeted[order["stream"]].reader)
                error = message.get("error")
                kinds.append(error["code"] if error else message["type"])
        except asyncio.IncompleteReadError:
            return kinds
