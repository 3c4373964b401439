import { createHash } from "node:crypto";
import { once } from "node:events";
import DHT from "bittorrent-dht";

/** Port of the peer that is announced: no one calls it. */
const PORT = 6881;

/** As its README says, with a bootstrap node of its own network. */
export async function join(first) {
  const dht = new DHT({ bootstrap: first === undefined ? false : [first.address] });
  const ready = once(dht, "ready");
  dht.listen(0, "127.0.0.1");
  await once(dht, "listening");
  await ready;
  const sent = countRequests(dht);
  return {
    address: `127.0.0.1:${dht.address().port}`,
    announce: (topic) => settled((done) => dht.announce(targetOf(topic), PORT, done)),
    async lookup(topic, onFound) {
      const before = sent();
      dht.on("peer", onFound);
      await settled((done) => dht.lookup(targetOf(topic), done));
      dht.off("peer", onFound);
      return sent() - before;
    },
  };
}

/** It counts nothing itself, so what it hands to its socket is counted. */
function countRequests(dht) {
  const { socket } = dht._rpc;
  const query = socket.query.bind(socket);
  let sent = 0;
  socket.query = (...args) => {
    sent += 1;
    return query(...args);
  };
  return () => sent;
}

const settled = (begin) => new Promise((resolve, reject) => begin((error) => (error ? reject(error) : resolve())));
const targetOf = (topic) => createHash("sha1").update(topic).digest();
