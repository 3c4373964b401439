import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { type Kept, type Overlay, readSnapshot, type Timer } from "../dht/index.ts";
import type { Contact } from "../routing/index.ts";
import { peerAddress } from "./address.ts";
import { messageOf, SynapseError, systemCodeOf } from "./errors.ts";

/** The first time they are saved after a start, and the time between any two, ms: a crash costs what was learned since. */
const FIRST_SAVE_MS = 60_000;
const SAVE_MS = 600_000;

/**
 * Keeps the best contacts of a node and what it has published in a file: it comes back without a bootstrap node, and need not store all
 * anew.
 */
export class ContactKeeper {
  private readonly path: string;
  private readonly overlay: Overlay;
  private readonly log: (line: string) => void;
  private timer: Timer | undefined;
  private saving: Promise<void> = Promise.resolve();

  constructor(path: string, overlay: Overlay, log: (line: string) => void) {
    this.path = path;
    this.overlay = overlay;
    this.log = log;
  }

  /**
   * Takes up the records that were kept, gives the contacts, none where there is no file, and saves now and then from here on.
   * @throws SynapseError `bad_snapshot`.
   */
  async start(): Promise<readonly Contact[]> {
    const { contacts, records } = await load(this.path, this.overlay.swarm);
    this.overlay.resume(records);
    this.saveAfter(FIRST_SAVE_MS);
    return contacts.filter(({ key }) => key !== this.overlay.self.key);
  }

  /** Saves them once more. */
  async stop(): Promise<void> {
    this.timer?.cancel();
    await this.save();
  }

  private saveAfter(ms: number): void {
    this.timer = this.overlay.runtime.schedule(ms, () => {
      void this.save();
      this.saveAfter(SAVE_MS);
    });
  }

  /** A node that knows nobody leaves what it knew before. What cannot be saved is told, and stops nothing. */
  private save(): Promise<void> {
    const snapshot = this.overlay.snapshot();
    if (snapshot.contacts.length === 0) return this.saving;
    const write = () => writeWhole(this.path, `${JSON.stringify(snapshot, undefined, 1)}\n`);
    this.saving = this.saving.then(write).catch((error) => this.log(`cannot save what is known to ${this.path}: ${messageOf(error)}`));
    return this.saving;
  }
}

async function load(path: string, swarm: string): Promise<Kept> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return { contacts: [], records: [] };
    throw badFile(path, error);
  }
  try {
    const kept = readSnapshot(JSON.parse(text), swarm);
    for (const { addresses } of kept.contacts) for (const address of addresses) peerAddress(address);
    return kept;
  } catch (error) {
    throw badFile(path, error);
  }
}

function badFile(path: string, cause: unknown): SynapseError {
  return new SynapseError("bad_snapshot", `cannot read contacts and records from ${path}: ${messageOf(cause)}`, {
    hint: "name another file, or remove this one: it is made anew",
    cause,
  });
}

/** Under another name first, then renamed into place: nobody ever reads half of it, and a crash leaves the one before. */
async function writeWhole(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}.draft`;
  await mkdir(dirname(path), { recursive: true });
  try {
    const file = await open(draft, "w", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}
