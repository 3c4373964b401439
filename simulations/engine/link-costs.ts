import { DEFAULT_LIMITS } from "../../src/limits.ts";

/** What links cost and stand, the same at both levels. */

/** Round trips to set up a link: TCP one, TLS 1.3 another. */
export const SETUP_ROUND_TRIPS = 2;
/** The same for a proof of address, which needs no link. */
export const PROOF_ROUND_TRIPS = 1;
/** A link on which nothing gets through for this long is given up by both ends, ms. */
export const GIVEN_UP_MS = DEFAULT_LIMITS.keepAliveMs + DEFAULT_LIMITS.keepAliveTimeoutMs;
