import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { Identity } from "../../src/index.ts";
import { deferred } from "../support/net/lifetime.ts";

/** The first file that is written stops half way until the test lets it go on. */
const pause = vi.hoisted(() => ({ halfWritten: () => {}, goOn: Promise.resolve(), isOver: false }));

vi.mock("node:fs/promises", async (importActual) => {
  const actual = await importActual<typeof import("node:fs/promises")>();
  const open: typeof actual.open = async (...args) => {
    const file = await actual.open(...args);
    if (pause.isOver) return file;
    pause.isOver = true;
    const whole = file.writeFile.bind(file);
    file.writeFile = async (data) => {
      const text = String(data);
      await whole(text.slice(0, 60));
      pause.halfWritten();
      await pause.goOn;
      await whole(text.slice(60));
    };
    return file;
  };
  return { ...actual, open };
});

test("An identity that another process is half way through writing is never read, and both end with the same one", async () => {
  const folder = await mkdtemp(join(tmpdir(), "identity-race-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [halfWritten, goOn] = [deferred(), deferred()];
  pause.halfWritten = halfWritten.resolve;
  pause.goOn = goOn.promise;
  const path = join(folder, "key.pem");
  const slow = Identity.loadOrCreate(path);
  await halfWritten.promise;
  const quick = await Identity.loadOrCreate(path).finally(() => goOn.resolve());
  expect((await slow).nodeId).toEqual(quick.nodeId);
  expect(await readdir(folder)).toEqual(["key.pem"]);
});
