// The process in which the server of one subject runs: `host.ts NAME` tells its port to the process that started it.
import { startProfile } from "../support/profile.ts";
import { SUBJECTS } from "./subjects.ts";

const subject = SUBJECTS.find(({ name }) => name === process.argv[2]);
if (subject === undefined) throw new Error(`no subject ${process.argv[2]}`);
process.send?.({ port: await subject.serve() });
let stopProfile: Awaited<ReturnType<typeof startProfile>> | undefined;
process.on("message", async (wish) => {
  if (wish === "profile") stopProfile = await startProfile();
  if (wish === "profiled") process.send?.({ hot: await stopProfile?.() });
});
process.on("disconnect", () => process.exit(0));
