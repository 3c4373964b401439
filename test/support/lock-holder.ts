import { FileLocks } from "../../src/file-locks.ts";

/** A process that takes the file it is given, says what came of it, and holds it until it is killed or its stdin ends. */
const [, , file = ""] = process.argv;
try {
  await new FileLocks().take([file]);
  console.log("taken");
} catch (error) {
  console.log((error as { code?: string }).code);
}
process.stdin.resume().on("end", () => process.exit());
