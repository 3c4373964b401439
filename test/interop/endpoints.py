"""What the Python peer offers to those it is linked with. Each endpoint gets the items of its caller first, if there are any."""

import asyncio

from frames import RpcError

BLOCK = bytes(100_000)


NAMES = "echo describe length keyword fail later hold release count breaks stalls blocks silent total double patient drinks".split()


class Endpoints(dict):
    def __init__(self):
        super().__init__()
        self.written = 0
        self.ended = asyncio.Event()
        self.released = asyncio.Event()
        self.taken = []
        for name in NAMES:
            self[name] = getattr(self, name)
        self["drunk"] = lambda _: self.taken
        self["written"] = lambda _: self.written
        self["ended"] = lambda _: self.ended.wait()

    def echo(self, _, value):
        return value

    def describe(self, _, value):
        return repr(value)

    def length(self, _, value):
        return len(value)

    def keyword(self, _, first, *, second):
        return [first, second]

    def fail(self, _):
        raise RpcError("out_of_ideas", "nothing comes to mind")

    async def later(self, _, value):
        for _ in range(value % 7):
            await asyncio.sleep(0)  # others overtake it
        return value

    async def hold(self, _):
        """Answers when somebody calls `release`."""
        await self.released.wait()
        return "held"

    def release(self, _):
        self.released.set()

    async def count(self, _, until):
        for number in range(until):
            yield number

    async def breaks(self, _):
        for number in range(3):
            yield number
        self.fail(_)

    async def stalls(self, _):
        try:
            for number in range(3):
                yield number
            await asyncio.Event().wait()
        finally:
            self.ended.set()

    async def blocks(self, _):
        try:
            while True:
                self.written += 1
                yield BLOCK
        finally:
            self.ended.set()

    async def silent(self, _):
        try:
            await asyncio.Event().wait()
        finally:
            self.ended.set()

    async def total(self, items):
        return sum([item async for item in items])

    async def double(self, items):
        async for item in items:
            yield 2 * item

    async def patient(self, _items):
        """Reads nothing of what its caller sends until somebody makes `silent` end."""
        await self.ended.wait()
        return None

    async def drinks(self, items):
        """Keeps what it reads, for whoever asks later what came before the end."""
        try:
            async for item in items:
                self.taken.append(item)
        finally:
            self.ended.set()
