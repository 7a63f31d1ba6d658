import { join } from "node:path";
import type { ProviderFacts } from "../../domain/machine.ts";
import { examineProviders } from "../../engine/index.ts";
import { hubCache } from "../weights/hub-cache.ts";
import { examineSpec, type SpecFacts } from "./examine-spec.ts";
import { examineMachine, type MachineFacts } from "./machine.ts";
import type { ReadySpec } from "./ready-spec.ts";

export interface DoctorFacts {
  readonly machine: MachineFacts;
  readonly providers: ProviderFacts;
  readonly spec: SpecFacts | NoSpec;
}

/** Why there is nothing to say of a spec. */
export type NoSpec =
  /** None was named, and there is no telling which; `why` says what there is. */
  | { readonly status: "none"; readonly why: string }
  | { readonly status: "invalid"; readonly file: string; readonly errors: number };

export interface DoctorRequest {
  /** The folder that doctor was called in. */
  readonly cwd: string;
  readonly spec: NoSpec | ReadySpec;
  readonly checkJudge: boolean;
}

/** Looks at everything that models, and a spec, need of a machine. */
export async function examine({ cwd, spec, checkJudge }: DoctorRequest): Promise<DoctorFacts> {
  const machine = examineMachine([
    { holds: "experiments", path: spec.status === "valid" ? spec.experiment.folder : join(cwd, "experiments") },
    { holds: "weights", path: hubCache(process.env) },
  ]);
  const providers = await examineProviders();
  if (spec.status !== "valid") return { machine, providers, spec };
  return { machine, providers, spec: await examineSpec(spec, { machine, providers, checkJudge }) };
}
