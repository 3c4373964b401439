import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { decode, encode } from "@msgpack/msgpack";
import { onTestFinished } from "vitest";
import { Identity } from "../../../src/index.ts";
import { frame } from "../../../src/transport/framing.ts";
import { dialTls, secureContextOf } from "../../../src/transport/tls.ts";

const HEADER_BYTES = 4;

/** How a connection came to its end, seen from this side. */
export type Ending = "closed" | "broken";

export interface RawOptions {
  readonly allowHalfOpen?: boolean;
  /** For connections by the thousand: the test closes them itself. */
  readonly untracked?: boolean;
}

/** A socket and nothing else: it sends any bytes, and cuts what comes back into frames. */
export class RawPeer {
  readonly socket: Socket;
  /** Resolves when the connection is gone. */
  readonly gone: Promise<Ending>;
  private received = Buffer.alloc(0);
  private ended = false;
  private wake: (() => void)[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    this.gone = new Promise((resolve) => {
      let ending: Ending = "closed";
      socket.on("error", () => {
        ending = "broken";
      });
      socket.on("close", () => resolve(ending));
    });
    socket.on("data", (chunk: Buffer) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.wakeAll();
    });
    const end = () => {
      this.ended = true;
      this.wakeAll();
    };
    socket.on("end", end);
    socket.on("close", end);
    socket.setNoDelay(true);
  }

  /** Connects to a port of this machine; closed when the test is over. */
  static async connect(port: number, options: RawOptions = {}): Promise<RawPeer> {
    const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: options.allowHalfOpen ?? false });
    if (!options.untracked)
      onTestFinished(() => {
        socket.destroy();
      });
    await once(socket, "connect");
    return new RawPeer(socket);
  }

  /** The same over TLS, with a proved id and nothing said yet: not even hello. */
  static async secure(port: number, identity = Identity.generate()): Promise<RawPeer> {
    const under = await RawPeer.connect(port);
    under.socket.removeAllListeners("data");
    const socket = dialTls({ socket: under.socket }, secureContextOf(identity));
    onTestFinished(() => {
      socket.destroy();
    });
    await once(socket, "secureConnect");
    return new RawPeer(socket);
  }

  /** Sends messages, each in a frame. */
  say(...messages: readonly unknown[]): this {
    return this.send(...messages.map((message) => frame(encode(message, { useBigInt64: true }))));
  }

  send(...chunks: readonly Uint8Array[]): this {
    for (const chunk of chunks) this.socket.write(chunk);
    return this;
  }

  /** The next frame, header included. Rejects when the connection ends before it is complete. */
  async frame(): Promise<Uint8Array> {
    for (;;) {
      const whole = this.takeFrame();
      if (whole !== undefined) return whole;
      if (this.ended) throw new Error(`the connection ended; ${this.received.length} bytes were left`);
      await new Promise<void>((resolve) => this.wake.push(resolve));
    }
  }

  /** What the next frame says. */
  async message(): Promise<unknown> {
    return decode((await this.frame()).subarray(HEADER_BYTES));
  }

  /** Everything received up to the end of the connection, less the frames taken. */
  async rest(): Promise<Uint8Array> {
    while (!this.ended) await new Promise<void>((resolve) => this.wake.push(resolve));
    return this.received;
  }

  private takeFrame(): Uint8Array | undefined {
    if (this.received.length < HEADER_BYTES) return undefined;
    const end = HEADER_BYTES + this.received.readUInt32BE(0);
    if (this.received.length < end) return undefined;
    const whole = Uint8Array.from(this.received.subarray(0, end));
    this.received = this.received.subarray(end);
    return whole;
  }

  private wakeAll(): void {
    for (const wake of this.wake.splice(0)) wake();
  }
}
