import { beforeEach, expect, test, vi } from "vitest";
import type { KeptFile, KeptSlot } from "../src/capture/kept";

const FILE = { submissionId: "sub_1", key: "once" } as KeptFile;

/** A database whose connections are lost and whose transactions fail at will. */
class FakeDatabase {
  isThere = true;
  hasRoom = true;
  connections: { transaction: unknown; onclose?: () => void }[] = [];
  kept: unknown[] = [];

  open() {
    const asked = { error: new DOMException("no", "UnknownError"), result: this.connection() };
    queueMicrotask(() => (this.isThere ? this.settle(asked, "onsuccess") : this.settle(asked, "onerror")));
    return asked;
  }

  private connection() {
    const connection = {
      transaction: () => {
        if (!this.connections.includes(connection)) throw new DOMException("it is closed", "InvalidStateError");
        const transaction = { error: new DOMException("no room", "QuotaExceededError"), objectStore: () => store };
        const store = {
          put: (value: unknown) => (this.hasRoom && this.kept.push(value), { result: undefined }),
          delete: () => ({ result: undefined }),
          get: () => ({ result: this.kept[0] }),
          getAll: () => ({ result: this.kept }),
        };
        queueMicrotask(() => this.settle(transaction, this.hasRoom ? "oncomplete" : "onabort"));
        return transaction;
      },
    };
    this.connections.push(connection);
    return connection;
  }

  private settle(asked: object, name: string) {
    (asked as Record<string, () => void>)[name]!();
  }

  /** As iOS does it to a page in the background. */
  loseConnections() {
    for (const connection of this.connections.splice(0)) connection.onclose?.();
  }
}

let database: FakeDatabase;
let kept: typeof import("../src/capture/kept");

beforeEach(async () => {
  database = new FakeDatabase();
  vi.stubGlobal("indexedDB", database);
  vi.resetModules();
  kept = await import("../src/capture/kept");
});

test("a connection that was lost is made anew", async () => {
  await kept.keepFile(FILE);
  database.loseConnections();
  expect(await kept.keptFiles()).toEqual([FILE]);
});

test("a database that could not be opened is tried again", async () => {
  database.isThere = false;
  await expect(kept.keepFile(FILE)).rejects.toThrow("no");
  database.isThere = true;
  await kept.keepFile(FILE);
  expect(database.kept).toEqual([FILE]);
});

test.each(["isThere", "hasRoom"] as const)("only what would lose a file fails (%s)", async (what) => {
  database[what] = false;
  await expect(kept.keepFile(FILE)).rejects.toBeInstanceOf(DOMException);
  await kept.forgetFile("sub_1");
  await kept.keepUpload("once", "upload 1");
  await kept.forgetUpload("once");
  await kept.keepSlot({ id: "sub_1" } as KeptSlot);
  await kept.forgetSlot("sub_1");
  await kept.keepProfile(null);
  expect([await kept.keptUpload("once"), await kept.keptSlot("sub_1"), await kept.keptSlots()]).toEqual([
    undefined,
    undefined,
    [],
  ]);
  expect(await kept.keptProfile()).toBeUndefined();
});
