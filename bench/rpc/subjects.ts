import { bareEcho } from "./bare-echo.ts";
import { grpc } from "./grpc.ts";
import type { Subject } from "./subject.ts";
import { synapsePlain, synapseSecure } from "./synapse.ts";

export { bareEcho, grpc, synapsePlain, synapseSecure };

export const SUBJECTS: readonly Subject[] = [bareEcho, synapsePlain, synapseSecure, grpc];
