import { type Contact, makeContact } from "../routing/index.ts";
import { SynapseError } from "./errors.ts";
import type { RpcCore } from "./rpc/core.ts";
import { DialRace } from "./rpc/dial-race.ts";

/** What a peer's hello says when it answers those who ask for a proof of its address. */
const FEATURE = "prove";

/**
 * Whether a node is where it says, asked at its addresses without a second link to it: a proof is signed for a third of what a handshake
 * costs, and leaves nothing open. Those who have said hello and do not know this are not asked; strangers are, and one that does not know
 * it refuses, as anything else that it does not speak.
 */
export class AddressCheck {
  private readonly core: RpcCore;

  constructor(core: RpcCore) {
    this.core = core;
  }

  /**
   * The contact at the address that was proved, then those that it has named itself. Undefined where none was, which says nothing: a link
   * is to be dialled then.
   * @throws SynapseError `unreachable`.
   */
  async proved(contact: Contact, timeoutMs: number): Promise<Contact | undefined> {
    const { transport, pool, runtime, homeNames } = this.core;
    const hello = await pool.peek(contact.key)?.ready;
    if (transport.prove === undefined || hello?.features.includes(FEATURE) === false) return undefined;
    const { id, addresses } = contact;
    const prove = async (address: string, signal?: AbortSignal) => {
      await transport.prove?.(address, { expectedId: id, timeoutMs, signal, namedBy: homeNames.has(address) ? "home" : "outside" });
      return address;
    };
    const [only, ...others] = addresses;
    try {
      const isOne = only !== undefined && others.length === 0;
      const address = await (isOne ? prove(only) : new DialRace(runtime, prove, () => undefined).run(addresses));
      return makeContact(id, [address, ...(hello?.listen ?? []).filter((other) => other !== address)]);
    } catch (error) {
      if (error instanceof SynapseError && error.code === "not_synapse") return undefined;
      throw error;
    }
  }
}
