/** Everything a program needs to be a node, an agent, a server or a client. */
export type {
  AttributeValue,
  CapabilityRecord,
  FindReport,
  FindResult,
  JoinReport,
  LookupResult,
  Match,
  NearMiss,
  OverlaySettings,
  Query,
  Rank,
  Runtime,
  SizeEstimate,
  Step,
  Trace,
  WatchEvent,
} from "../dht/index.ts";
export { formatQuery } from "../dht/index.ts";
export type { Contact, NodeId } from "../routing/index.ts";
export { nodeIdFromHex, shortId, toHex } from "../routing/index.ts";
export { type Address, DEFAULT_PORT, formatAddress, parseAddress } from "./address.ts";
export { AgentCapability, type CapabilityOptions } from "./agent-capability.ts";
export {
  AgentNode,
  type AgentOptions,
  type Answer,
  type AskOptions,
  type TaskHandler,
} from "./agent-node.ts";
export { callOptions, Input, input, Kwargs, kwargs, type PerCall } from "./call-arguments.ts";
export { Client, type ClientOptions } from "./client.ts";
export type { Unconfirmed } from "./confirm.ts";
export { type ErrorCode, SynapseError, type SynapseErrorOptions } from "./errors.ts";
export { Identity } from "./identity.ts";
export type { LimitCounts } from "./limit-counts.ts";
export { DEFAULT_LIMITS, type Limits } from "./limits.ts";
export { Node, type Target } from "./node.ts";
export { DEFAULT_SWARM, type NodeOptions } from "./node-options.ts";
export { type CallContext, currentCall } from "./rpc/call-context.ts";
export type { RpcOptions } from "./rpc/core.ts";
export type { RemoteProcedureCall, RPCError, RPCRequest, RPCResponse } from "./rpc/messages.ts";
export type { CallOptions } from "./rpc/outgoing-calls.ts";
export type { ContextHandler, EndpointOptions, Handler, Middleware } from "./rpc/registry.ts";
export type { JsonSchema, Schema } from "./rpc/schema.ts";
export { ExtData, MessagePackRPCSerializer, type RPCSerializer } from "./rpc/serializer.ts";
export type { FindOptions } from "./search-over.ts";
export { type BackgroundOptions, Server, type ServerOptions } from "./server.ts";
export type { ApiOf, Offers, ReadsInput, RemoteAnswer, RemoteStream, Service } from "./service.ts";
export { DEFAULT_MAX_FRAME_BYTES, readFrame, writeFrame } from "./transport/framing.ts";
export type { PlaintextPolicy } from "./transport/tcp-accept.ts";
export type { Dialect, DialOptions, Link, LinkReceiver, Listener, ListenOptions, Transport } from "./transport/transport.ts";
