/** Between what was begun and what is measured: what still goes on behind is let to end, ms. The same for all, and nobody's time. */
const CALM_MS = 2_000;
const SETTLE_MS = 50;
const COLLECTIONS = 4;

/** The same work for each subject: a network grows node by node, some of its nodes announce a topic each, others look for one of them. */
export async function measure(join, { nodes, announces, lookups, seed }) {
  const random = randomOf(seed);
  const any = (list) => list[Math.floor(random() * list.length)];
  const before = await memory();
  const beganAt = performance.now();
  const members = [];
  while (members.length < nodes) members.push(await join(members[0]));
  const bootMs = performance.now() - beganAt;
  await pause(CALM_MS);

  const topics = Array.from({ length: announces }, (_, n) => `topic-${seed}-${n}`);
  const announceMs = [];
  for (const topic of topics) announceMs.push(await timed(() => any(members).announce(topic)));
  await pause(CALM_MS);

  const found = [];
  for (let n = 0; n < lookups; n++) found.push(await lookUp(any(members), any(topics)));
  await pause(CALM_MS);

  const after = await memory();
  return {
    bootMs,
    announceMs: median(announceMs),
    lookupMs: median(found.map(({ wholeMs }) => wholeMs)),
    firstMs: median(found.map(({ firstMs }) => firstMs)),
    requests: median(found.map(({ requests }) => requests)),
    success: found.filter(({ firstMs }) => firstMs < Number.POSITIVE_INFINITY).length / lookups,
    heapBytes: (after.heap - before.heap) / nodes,
    rssBytes: (after.rss - before.rss) / nodes,
  };
}

async function lookUp(member, topic) {
  const beganAt = performance.now();
  let firstMs = Number.POSITIVE_INFINITY;
  const onFound = () => {
    firstMs = Math.min(firstMs, performance.now() - beganAt);
  };
  const requests = await member.lookup(topic, onFound);
  return { wholeMs: performance.now() - beganAt, firstMs, requests };
}

async function timed(work) {
  const beganAt = performance.now();
  await work();
  return performance.now() - beganAt;
}

async function memory() {
  for (let n = 0; n < COLLECTIONS; n++) {
    globalThis.gc();
    await pause(SETTLE_MS);
  }
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: heapUsed, rss };
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Numbers from 0 to 1 that belong to the seed (mulberry32), so that all subjects have the same nodes do the same. */
function randomOf(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
