import type { MapRequest } from "../../core/protocol/messages.ts";

/** A request to map all of some segments; what a test is about is given. */
export function mapRequest(given: Partial<MapRequest>): MapRequest {
  return {
    type: "map",
    id: 0,
    blockStart: undefined,
    segments: [],
    limit: undefined,
    budgetMs: undefined,
    asynchronous: false,
    isolated: false,
    poisoned: [],
    ...given,
  };
}
