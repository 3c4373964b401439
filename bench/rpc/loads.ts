import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { build as buildHistogram, type Histogram } from "hdr-histogram-js";
import { type Hot, startProfile } from "../support/profile.ts";
import { type Caller, type Subject, TEXT } from "./subject.ts";

/** What both processes did with their time. */
export interface Profiles {
  readonly caller: readonly Hot[];
  readonly server: readonly Hot[];
}

/** Runs work, and says where the time went in both processes. */
export type Profiled = (work: () => Promise<unknown>) => Promise<Profiles>;

/** Starts a subject's server in a process of its own, connects, works, and ends both. */
export async function withCaller<T>(subject: Subject, work: (caller: Caller, profiled: Profiled) => Promise<T>): Promise<T> {
  const host = fork(fileURLToPath(new URL("host.ts", import.meta.url)), [subject.name], { execArgv: ["--import", "tsx"] });
  try {
    const [{ port }] = (await once(host, "message")) as [{ port: number }];
    const caller = await subject.connect(port);
    try {
      return await work(caller, (load) => profile(host, load));
    } finally {
      await caller.close();
    }
  } finally {
    host.kill();
  }
}

/** The same with all of them at once, each in its own process. */
export async function withCallers<T>(subjects: readonly Subject[], work: (callers: Map<Subject, Caller>) => Promise<T>): Promise<T> {
  const callers = new Map<Subject, Caller>();
  const next = (index: number): Promise<T> => {
    const subject = subjects[index];
    if (subject === undefined) return work(callers);
    return withCaller(subject, (caller) => {
      callers.set(subject, caller);
      return next(index + 1);
    });
  };
  return next(0);
}

async function profile(host: ChildProcess, work: () => Promise<unknown>): Promise<Profiles> {
  host.send("profile");
  const stop = await startProfile();
  await work();
  const caller = await stop();
  const told = once(host, "message");
  host.send("profiled");
  const [{ hot: server }] = (await told) as [{ hot: Hot[] }];
  return { caller, server };
}

/** Calls a second with so many under way all the time. */
export async function throughput(caller: Caller, inFlight: number, ms: number): Promise<number> {
  const began = performance.now();
  const until = began + ms;
  let calls = 0;
  const worker = async () => {
    while (performance.now() < until) {
      await caller.echo(TEXT);
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return (calls * 1_000) / (performance.now() - began);
}

/** Items a second that come one way. */
export async function pulling(caller: Caller, count: number): Promise<number> {
  const began = performance.now();
  await caller.pull?.(count);
  return (count * 1_000) / (performance.now() - began);
}

/** How long single calls take, one after the other, in nanoseconds. */
export async function latencies(caller: Caller, count: number): Promise<Histogram> {
  const histogram = buildHistogram({ highestTrackableValue: 60e9, numberOfSignificantValueDigits: 3 });
  for (let n = 0; n < count; n++) {
    const began = process.hrtime.bigint();
    await caller.echo(TEXT);
    histogram.recordValue(Number(process.hrtime.bigint() - began));
  }
  return histogram;
}
