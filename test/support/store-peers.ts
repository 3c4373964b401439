import { type Failed, failed, type OnOutcome, type OnProved, type OverlayRequest, type Peers } from "../../dht/index.ts";
import type { Contact } from "../../routing/index.ts";

/** A contact that is being asked whether it lives, until the test says what it answers. */
export interface Asked {
  readonly how: "request" | "verify";
  readonly contact: Contact;
  readonly timeoutMs: number;
  readonly request: OverlayRequest | undefined;
  answer(): void;
  fail(): void;
}

const SILENCE: Failed = failed("timeout", "no answer");

/** Peers that answer when the test tells them to, and write down who was asked. */
export class AskedPeers implements Peers {
  /** Everything asked so far, oldest first. */
  readonly log: Asked[] = [];
  /** Of these, what has not been answered. */
  open: Asked[] = [];

  request(to: Contact, request: OverlayRequest, timeoutMs: number, done: OnOutcome): void {
    this.note({ how: "request", contact: to, timeoutMs, request }, (isAlive) => done(isAlive ? { kind: "ping" } : SILENCE, to));
  }

  isLinked(): boolean {
    return true;
  }

  verify(contact: Contact, timeoutMs: number, done: OnProved): void {
    this.note({ how: "verify", contact, timeoutMs, request: undefined }, (isAlive) => done(isAlive ? contact : SILENCE, "proved"));
  }

  contactAt(): void {
    throw new Error("nobody is to be looked for here");
  }

  private note(asked: Omit<Asked, "answer" | "fail">, done: (isAlive: boolean) => void): void {
    const settle = (isAlive: boolean) => {
      if (!this.open.includes(entry)) throw new Error("settled twice");
      this.open = this.open.filter((other) => other !== entry);
      done(isAlive);
    };
    const entry: Asked = { ...asked, answer: () => settle(true), fail: () => settle(false) };
    this.log.push(entry);
    this.open.push(entry);
  }
}
