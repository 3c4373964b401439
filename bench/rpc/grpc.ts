import { Client, credentials, Server, ServerCredentials, type ServiceDefinition } from "@grpc/grpc-js";
import { decode, encode } from "@msgpack/msgpack";
import type { Caller, Subject } from "./subject.ts";

const PATH = "/bench.Echo/Echo";
const serialize = (value: unknown): Buffer => Buffer.from(encode(value));
const deserialize = (bytes: Buffer): unknown => decode(bytes);

const service: ServiceDefinition = {
  Echo: {
    path: PATH,
    requestStream: false,
    responseStream: false,
    requestSerialize: serialize,
    requestDeserialize: deserialize,
    responseSerialize: serialize,
    responseDeserialize: deserialize,
  },
};

/** gRPC in JavaScript, without encryption, carrying the same MsgPack. */
export const grpc: Subject = {
  name: "gRPC (@grpc/grpc-js)",
  serve() {
    const server = new Server();
    server.addService(service, {
      Echo: (call: { request: unknown }, done: (error: null, value: unknown) => void) => done(null, call.request),
    });
    return new Promise((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => (error ? reject(error) : resolve(port)));
    });
  },
  async connect(port): Promise<Caller> {
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    const echo = (text: string) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(PATH, serialize, deserialize, { text }, (error, value) => (error ? reject(error) : resolve(value)));
      });
    await echo("first");
    return { echo, close: () => client.close() };
  },
};
