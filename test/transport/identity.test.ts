import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { verifyEd25519 } from "../../src/identity.ts";
import { Identity } from "../../src/index.ts";
import { check } from "../support/check.ts";
import { failureOf, turn } from "../support/net/lifetime.ts";

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "identity-test-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function file(content: string | Buffer, mode = 0o600): Promise<string> {
  const path = join(await folder(), "key.pem");
  await writeFile(path, content);
  await chmod(path, mode);
  return path;
}

describe("an identity", () => {
  test("is the hash of its public key, and a seed gives the same one each time", () => {
    check([fc.uint8Array({ minLength: 32, maxLength: 32 })], (seed) => {
      const identity = Identity.fromSeed(seed);
      expect(Buffer.from(identity.nodeId)).toEqual(createHash("sha256").update(identity.publicKey).digest());
      expect(Identity.fromSeed(seed).nodeId).toEqual(identity.nodeId);
      expect(createPublicKey(identity.privateKey).export({ format: "jwk" }).x).toBe(Buffer.from(identity.publicKey).toString("base64url"));
    });
  });

  test("has the public key of RFC 8032, test 1, for that seed", () => {
    const identity = Identity.fromSeed(Buffer.from("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "hex"));
    expect(Buffer.from(identity.publicKey).toString("hex")).toBe("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  });

  test("signs what others can check with its public key alone", () => {
    check(
      [fc.uint8Array({ maxLength: 100 }), fc.nat(63)],
      (message, at) => {
        const identity = Identity.generate();
        const signature = identity.sign(message);
        expect(verify(null, message, createPublicKey(identity.privateKey), signature)).toBe(true);
        expect(verifyEd25519(identity.publicKey, message, signature)).toBe(true);
        signature[at] = (signature[at] ?? 0) ^ 1;
        expect(verifyEd25519(identity.publicKey, message, signature)).toBe(false);
        expect(verifyEd25519(Identity.generate().publicKey, message, identity.sign(message))).toBe(false);
      },
      20,
    );
  });

  test("a check against bytes that are no key, or no signature, is false, not an error", () => {
    check([fc.uint8Array({ maxLength: 64 }), fc.uint8Array({ maxLength: 80 })], (key, signature) => {
      expect(verifyEd25519(key, Uint8Array.of(1), signature)).toBe(false);
    });
  });

  test.each([0, 31, 33])("is not made of a seed of %d bytes", async (length) => {
    expect(await failureOf(() => Identity.fromSeed(new Uint8Array(length)))).toMatchObject({ code: "bad_identity" });
  });
});

describe("a saved identity", () => {
  test("is the same when it is loaded again", async () => {
    const path = join(await folder(), "deeper", "still", "key.pem");
    const [made, loaded] = [await Identity.loadOrCreate(path), await Identity.loadOrCreate(path)];
    expect(loaded.nodeId).toEqual(made.nodeId);
    expect(loaded.sign(Uint8Array.of(1))).toEqual(made.sign(Uint8Array.of(1)));
  });

  test("is PKCS#8 in PEM, which its owner alone may read, in a folder that is the owner's alone", async () => {
    const path = join(await folder(), "own", "key.pem");
    const { privateKey } = await Identity.loadOrCreate(path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(path, ".."))).mode & 0o777).toBe(0o700);
    expect(createPrivateKey(await readFile(path)).equals(privateKey)).toBe(true);
  });

  test("is one and the same for all who ask for it at about the same moment, and nothing else is left", async () => {
    for (let round = 0; round < 5; round++) {
      const path = join(await folder(), "key.pem");
      const asked: Promise<Identity>[] = [];
      for (let i = 0; i < 30; i++) {
        asked.push(Identity.loadOrCreate(path));
        await turn(); // so that some ask while others write
      }
      const ids = (await Promise.all(asked)).map(({ nodeId }) => Buffer.from(nodeId).toString("hex"));
      expect(new Set(ids).size).toBe(1);
      expect(await readdir(join(path, ".."))).toEqual(["key.pem"]);
    }
  });

  test.each([0o644, 0o640, 0o604, 0o660, 0o606])("is refused with mode %o, and the hint says what to do", async (mode) => {
    const path = await file(Identity.generate().privateKey.export({ format: "pem", type: "pkcs8" }), mode);
    const error = await failureOf(Identity.loadOrCreate(path));
    expect(error).toMatchObject({
      code: "bad_identity",
      message: `the identity file ${path} can be read by others`,
      hint: `chmod 600 ${path}`,
    });
  });

  test("is refused where it is a folder, and nobody is told to change what may be done with that", async () => {
    const error = await failureOf(Identity.loadOrCreate(tmpdir()));
    expect(error).toMatchObject({ code: "bad_identity", message: expect.stringContaining("is no file") });
    expect(error.hint).not.toContain("chmod");
  });

  test.each([0o600, 0o400])("is taken with mode %o", async (mode) => {
    const { privateKey, nodeId } = Identity.generate();
    expect((await Identity.loadOrCreate(await file(privateKey.export({ format: "pem", type: "pkcs8" }), mode))).nodeId).toEqual(nodeId);
  });
});

describe("a file that holds no identity is refused, and left as it is", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const own = Identity.generate().privateKey;
  const encrypted = own.export({ format: "pem", type: "pkcs8", cipher: "aes-256-cbc", passphrase: "x" });
  const half = String(own.export({ format: "pem", type: "pkcs8" })).slice(0, 60);

  test.each<[string, string | Buffer]>([
    ["nothing", ""],
    ["a text", "hello"],
    ["half a key", half],
    ["an encrypted key", encrypted],
    ["an RSA key", rsa.privateKey.export({ format: "pem", type: "pkcs8" })],
    ["an EC key", generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "pem", type: "pkcs8" })],
    ["an Ed448 key", generateKeyPairSync("ed448").privateKey.export({ format: "pem", type: "pkcs8" })],
    ["a public key", createPublicKey(own).export({ format: "pem", type: "spki" })],
    ["bytes", Buffer.from([0, 255, 254, 3])],
  ])("%s", async (_, content) => {
    const path = await file(content);
    const error = await failureOf(Identity.loadOrCreate(path));
    expect(error).toMatchObject({ code: "bad_identity", message: `${path} does not hold an Ed25519 private key in PEM form` });
    expect(error.hint).toMatch(/another file|remove/);
    expect(await readFile(path)).toEqual(Buffer.from(content));
  });

  test("a folder", async () => {
    const path = join(await folder(), "key.pem");
    await mkdir(path, { mode: 0o700 });
    expect(await failureOf(Identity.loadOrCreate(path))).toMatchObject({ code: "bad_identity" });
  });

  test("a place where nothing can be written", async () => {
    const path = join(await file("I am no folder"), "key.pem");
    expect(await failureOf(Identity.loadOrCreate(path))).toMatchObject({ code: "bad_identity", message: expect.stringContaining(path) });
  });
});
