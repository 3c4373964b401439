// The process in which the server of one subject runs: `host.ts NAME` tells its port to the process that started it.
import { SUBJECTS } from "./subjects.ts";

const subject = SUBJECTS.find(({ name }) => name === process.argv[2]);
if (subject === undefined) throw new Error(`no subject ${process.argv[2]}`);
process.send?.({ port: await subject.serve() });
process.on("disconnect", () => process.exit(0));
