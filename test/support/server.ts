/** A server of HTTP on this machine, while the tests of a file run. */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before } from "node:test";

/** @returns what gives the beginning of its URLs, once it listens */
export function serve(listener: RequestListener): () => string {
  const server = createServer(listener);
  before(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
