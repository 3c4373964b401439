import { createHash } from "node:crypto";
import { once } from "node:events";
import { noise } from "@chainsafe/libp2p-noise";
import { yamux } from "@chainsafe/libp2p-yamux";
import { identify } from "@libp2p/identify";
import { kadDHT, removePublicAddressesMapper } from "@libp2p/kad-dht";
import { ping } from "@libp2p/ping";
import { tcp } from "@libp2p/tcp";
import { createLibp2p } from "libp2p";
import { CID } from "multiformats/cid";
import * as raw from "multiformats/codecs/raw";
import * as Digest from "multiformats/hashes/digest";

const SHA2_256 = 0x12;

/** As the README of kad-dht says for a network of private addresses; TCP, Noise and yamux are what libp2p recommends for Node. */
export async function join(first) {
  const node = await createLibp2p({
    addresses: { listen: ["/ip4/127.0.0.1/tcp/0"] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: {
      dht: kadDHT({
        protocol: "/ipfs/lan/kad/1.0.0",
        peerInfoMapper: removePublicAddressesMapper,
        clientMode: false,
        initialQuerySelfInterval: 1, // by default a node waits a second before it looks for its neighbours
      }),
      identify: identify(),
      ping: ping(),
    },
  });
  if (first !== undefined) {
    const hasLookedUpItself = once(node, "kad-dht:query:self");
    await node.dial(first.address);
    await hasLookedUpItself;
  }
  const { dht } = node.services;
  return {
    address: node.getMultiaddrs(),
    announce: (topic) => drained(dht.provide(cidOf(topic))),
    async lookup(topic, onFound) {
      let requests = 0;
      for await (const event of dht.findProviders(cidOf(topic))) {
        if (event.name === "SEND_QUERY") requests += 1;
        if (event.providers?.length > 0) onFound();
      }
      return requests;
    },
  };
}

async function drained(events) {
  for await (const _ of events) {
    // It has ended when there are no more.
  }
}

const cidOf = (topic) => CID.createV1(raw.code, Digest.create(SHA2_256, createHash("sha256").update(topic).digest()));
