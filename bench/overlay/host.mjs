// The process in which the network of one subject lives: `host.mjs SUBJECT {"nodes":…}` tells what it measured to the process that started it.
import { measure } from "./work.mjs";

const [name, work] = process.argv.slice(2);
const { join } = await import(`./subjects/${name}.mjs`);
process.send(await measure(join, JSON.parse(work)), () => process.exit());
