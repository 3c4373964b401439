import { inContext, makeCommand } from "../command.ts";
import { table } from "../output.ts";

export function listCommand() {
  return makeCommand("list", "The scenarios that come with this program.", ["synapse sim list", "synapse sim list --json"]).action(
    (flags: { readonly json?: boolean }) =>
      inContext(flags, async ({ output }) => {
        const { LIBRARY } = await import("synapse-p2p/simulations");
        output.data(LIBRARY, (style) =>
          table(
            style,
            ["SCENARIO", ""],
            LIBRARY.map(({ name, about }) => [name, about]),
          ),
        );
      }),
  );
}
