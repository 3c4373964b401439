import { PassThrough } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FrameDecoder, frame, readFrame, writeFrame } from "../../src/transport/framing.ts";
import { check } from "../support/check.ts";
import { checkAsync } from "../support/net/check-async.ts";
import { failureOf, turn } from "../support/net/lifetime.ts";
import { splitAt } from "../support/net/values.ts";

const payloads = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 8 });
const cuts = fc.array(fc.nat(400), { maxLength: 30 });

function joined(frames: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(frames));
}

function decodeAll(decoder: FrameDecoder, chunks: readonly Uint8Array[]): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (const chunk of chunks) decoder.push(chunk, (payload) => frames.push(Uint8Array.from(payload)));
  return frames;
}

describe("a frame", () => {
  test("is a length of 4 bytes, the highest first, and then the payload", () => {
    check([fc.uint8Array({ maxLength: 1_000 })], (payload) => {
      const bytes = Buffer.from(frame(payload));
      expect(bytes.readUInt32BE(0)).toBe(payload.length);
      expect(Uint8Array.from(bytes.subarray(4))).toEqual(payload);
    });
    expect(frame(new Uint8Array(0x01_02_03)).subarray(0, 4)).toEqual(Buffer.from([0, 1, 2, 3]));
  });
});

describe("a decoder", () => {
  test("gives the same frames wherever the bytes are cut", () => {
    check(
      [payloads, cuts],
      (sent, places) => {
        const decoder = new FrameDecoder(1_000);
        expect(decodeAll(decoder, splitAt(joined(sent.map(frame)), places))).toEqual(sent);
        expect(decoder.isPartial).toBe(false);
      },
      500,
    );
  });

  test("gives them when every byte comes alone", () => {
    check([payloads], (sent) => {
      const bytes = joined(sent.map(frame));
      const each = Array.from(bytes, (byte) => Uint8Array.of(byte));
      expect(decodeAll(new FrameDecoder(1_000), each)).toEqual(sent);
    });
  });

  test("keeps no chunk of a byte as it came: there can be as many as a frame has bytes", () => {
    check([payloads], (sent) => {
      const decoder = new FrameDecoder(1_000);
      const frames: Uint8Array[] = [];
      const only = new Uint8Array(1); // what is kept of it would be another byte soon
      for (const byte of joined(sent.map(frame))) {
        only[0] = byte;
        decoder.push(only, (payload) => frames.push(Uint8Array.from(payload)));
      }
      expect(frames).toEqual(sent);
    });
  });

  test("puts long frames together of short chunks and long ones", () => {
    const lengths = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 4_000, max: 20_000 })), {
      minLength: 1,
      maxLength: 40,
    });
    check([lengths, fc.nat(255)], (sizes, salt) => {
      const total = sizes.reduce((sum, size) => sum + size, 0);
      const payload = Uint8Array.from({ length: total }, (_, at) => at * 31 + (at >> 8) + salt);
      const bytes = joined([frame(payload), frame(payload)]);
      const chunks: Uint8Array[] = [];
      let at = 0;
      for (const size of [...sizes, ...sizes, 8]) {
        chunks.push(bytes.slice(at, at + size));
        at += size;
      }
      const frames = decodeAll(new FrameDecoder(1_000_000), chunks);
      expect(frames.map((it) => Buffer.compare(it, payload))).toEqual([0, 0]);
    });
  });

  test("says that a frame is partial exactly while some of it is here", () => {
    check([payloads, fc.nat(400)], (sent, cut) => {
      const bytes = joined(sent.map(frame));
      const seen = bytes.subarray(0, cut % (bytes.length + 1));
      const decoder = new FrameDecoder(1_000);
      const whole = decodeAll(decoder, [seen]);
      const used = whole.reduce((sum, payload) => sum + payload.length + 4, 0);
      expect(decoder.isPartial).toBe(used < seen.length);
    });
  });

  test("takes a frame of exactly the limit", () => {
    const payload = new Uint8Array(1_000).fill(7);
    expect(decodeAll(new FrameDecoder(1_000), [frame(payload)])).toEqual([payload]);
  });

  test("refuses a longer one on sight of its header, with nothing of it received, however the header is cut", () => {
    check([fc.integer({ min: 1_001, max: 2 ** 32 - 1 }), fc.nat(3), payloads], (length, cut, before) => {
      const header = Buffer.alloc(4);
      header.writeUInt32BE(length);
      const decoder = new FrameDecoder(1_000);
      const chunks = [joined([...before.map(frame), header.subarray(0, cut)]), header.subarray(cut)];
      expect(() => decodeAll(decoder, chunks)).toThrow(expect.objectContaining({ code: "frame_too_large" }));
    });
  });

  test("names the length and the limit in the words of the seed", () => {
    expect(() => decodeAll(new FrameDecoder(4_096), [Uint8Array.of(0, 0, 0x13, 0x88)])).toThrow("frame too large: 5000 > 4096");
  });

  test("sets nothing aside for what a header announces", () => {
    const before = process.memoryUsage().arrayBuffers;
    const decoders = Array.from({ length: 64 }, () => new FrameDecoder(2 ** 31));
    for (const decoder of decoders) decodeAll(decoder, [Uint8Array.of(0x40, 0, 0, 0, 1)]); // 1 GiB announced, one byte sent
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 26);
    expect(decoders.every(({ isPartial }) => isPartial)).toBe(true);
  });
});

describe("readFrame", () => {
  test("reads what writeFrame wrote, wherever the stream is cut", async () => {
    await checkAsync([payloads, cuts], async (sent, places) => {
      const stream = new PassThrough();
      for (const chunk of splitAt(joined(sent.map(frame)), places)) stream.write(chunk);
      stream.end();
      for (const payload of sent) expect(Uint8Array.from(await readFrame(stream))).toEqual(payload);
    });
  });

  test("refuses an oversized frame as soon as its header is here", async () => {
    const stream = new PassThrough();
    stream.write(Uint8Array.of(0, 0, 1, 1));
    expect(await failureOf(readFrame(stream, 256))).toMatchObject({ code: "frame_too_large", message: "frame too large: 257 > 256" });
  });

  test.each([
    ["before the header", []],
    ["within the header", [0, 0]],
    ["within the payload", [0, 0, 0, 5, 1, 2]],
  ])("fails with bad_request when the stream ends %s", async (_, bytes) => {
    const stream = new PassThrough();
    const reading = failureOf(readFrame(stream));
    stream.end(Uint8Array.from(bytes));
    expect(await reading).toMatchObject({ code: "bad_request", message: "incomplete frame" });
  });

  test("fails when the stream is destroyed under it, with its error if it had one", async () => {
    const [quiet, broken] = [new PassThrough(), new PassThrough()];
    const reading = [failureOf(readFrame(quiet)), readFrame(broken).catch((error: unknown) => error)];
    quiet.destroy();
    broken.destroy(new Error("cable cut"));
    expect(await reading[0]).toMatchObject({ code: "bad_request" });
    expect(await reading[1]).toMatchObject({ message: "cable cut" });
  });

  test("leaves no listeners behind on a stream that comes in many pieces", async () => {
    const stream = new PassThrough();
    const before = stream.listenerCount("end") + stream.listenerCount("close") + stream.listenerCount("readable");
    const reading = readFrame(stream);
    const bytes = frame(new Uint8Array(50).fill(1));
    for (const byte of bytes) {
      stream.write(Uint8Array.of(byte));
      await turn();
    }
    expect(await reading).toHaveLength(50);
    expect(stream.listenerCount("end") + stream.listenerCount("close") + stream.listenerCount("readable")).toBe(before);
  });
});

describe("writeFrame", () => {
  test("waits while the stream is full", async () => {
    const stream = new PassThrough({ highWaterMark: 16 });
    let written = false;
    const writing = writeFrame(stream, new Uint8Array(100)).then(() => {
      written = true;
    });
    await turn();
    expect(written).toBe(false);
    expect(await readFrame(stream)).toHaveLength(100);
    await writing;
  });

  test("fails when the stream goes away while it waits", async () => {
    const stream = new PassThrough({ highWaterMark: 16 });
    const writing = failureOf(writeFrame(stream, new Uint8Array(100)));
    stream.destroy();
    expect(await writing).toMatchObject({ code: "connection_lost" });
  });
});
