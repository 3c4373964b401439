import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { Decoder, Encoder } from "@msgpack/msgpack";
import { type Caller, type Subject, TEXT } from "./subject.ts";

interface Message {
  readonly id: number;
  readonly text: string;
  /** Send it back so often. */
  readonly times?: number;
}

/** The least that can be done: length-prefixed MsgPack over `node:net`, no checks, no limits, no timeouts. */
export const bareEcho: Subject = {
  name: "bare echo",
  async serve() {
    const server = createServer((socket) => {
      const wire = new Wire(socket);
      wire.onMessage = (message) => {
        if (message.times === undefined) wire.send(message);
        else void wire.sendOften({ id: message.id, text: message.text }, message.times);
      };
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  },
  async connect(port): Promise<Caller> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    const wire = new Wire(socket);
    const waiting = new Map<number, (text: string) => void>();
    wire.onMessage = ({ id, text }) => waiting.get(id)?.(text);
    let last = 0;
    return {
      echo: (text) =>
        new Promise((resolve) => {
          last += 1;
          const id = last;
          waiting.set(id, (answer) => {
            waiting.delete(id);
            resolve(answer);
          });
          wire.send({ id, text });
        }),
      pull: (count) =>
        new Promise((resolve) => {
          last += 1;
          const id = last;
          let left = count;
          waiting.set(id, () => {
            left -= 1;
            if (left > 0) return;
            waiting.delete(id);
            resolve();
          });
          wire.send({ id, text: TEXT, times: count });
        }),
      close: () => socket.destroy(),
    };
  },
};

/** Messages over a socket, those of one turn of the event loop in one write. */
class Wire {
  onMessage: (message: Message) => void = () => undefined;
  private readonly socket: Socket;
  private readonly encoder = new Encoder();
  private readonly decoder = new Decoder();
  private rest: Buffer = Buffer.alloc(0);
  private isCorked = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => this.receive(chunk));
    socket.on("error", () => undefined);
  }

  /** As fast as the socket takes it. */
  async sendOften(message: Message, times: number): Promise<void> {
    for (let n = 0; n < times; n++) {
      this.send(message);
      if (this.socket.writableLength > 256 * 1024) await once(this.socket, "drain");
      else if (n % 512 === 511) await new Promise((turn) => setImmediate(turn));
    }
  }

  send(message: Message): void {
    const bytes = this.encoder.encodeSharedRef(message);
    const frame = Buffer.allocUnsafe(4 + bytes.length);
    frame.writeUInt32BE(bytes.length);
    frame.set(bytes, 4);
    if (!this.isCorked) {
      this.isCorked = true;
      this.socket.cork();
      process.nextTick(() => {
        this.isCorked = false;
        this.socket.uncork();
      });
    }
    this.socket.write(frame);
  }

  private receive(chunk: Buffer): void {
    const data = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    let at = 0;
    while (data.length - at >= 4) {
      const end = at + 4 + data.readUInt32BE(at);
      if (end > data.length) break;
      this.onMessage(this.decoder.decode(data.subarray(at + 4, end)) as Message);
      at = end;
    }
    this.rest = at === data.length ? Buffer.alloc(0) : data.subarray(at);
  }
}
