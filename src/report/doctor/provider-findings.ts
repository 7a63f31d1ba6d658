import type { Provider } from "../../domain/engine.ts";
import type { ProviderFacts } from "../../domain/machine.ts";
import { cudaFinding, gpuFindings } from "./cuda-findings.ts";
import { findingsOf, type Finding } from "./finding.ts";

const finding = findingsOf("providers");

/**
 * What models can run on, and what `auto` is. `asked`: what the spec runs on; what does not work and is not asked for is
 * no problem.
 */
export function providerFindings(
  facts: ProviderFacts,
  platform: string,
  asked: Provider | "auto" | undefined,
): Finding[] {
  const used = asked === "auto" ? facts.auto : asked;
  const levelOf = (provider: Provider): "problem" | "note" => (provider === used ? "problem" : "note");
  const cpu = facts.trials.find(({ provider }) => provider === "cpu");
  const webgpu = facts.trials.find(({ provider }) => provider === "webgpu");
  const cpuWorks = cpu?.works === true;
  return [
    cpuWorks
      ? finding("cpu", "ok", `works, with ONNX Runtime ${facts.runtime.version}`)
      : finding("cpu", "problem", `ONNX Runtime does not work: ${cpu?.reason}`, "npm ci installs it again."),
    ...gpuFindings(facts.nvidia, platform),
    cudaFinding(facts, platform, levelOf("cuda")),
    webgpu?.works === true
      ? finding("webgpu", "ok", "works")
      : finding("webgpu", levelOf("webgpu"), `no GPU can be used: ${webgpu?.reason}`, ...webGpuHints(platform)),
    autoFinding(facts),
  ];
}

function webGpuHints(platform: string): string[] {
  return platform.startsWith("linux")
    ? ["On Linux it needs a Vulkan driver: vulkaninfo --summary has to list the GPU."]
    : [];
}

/** The engine takes CUDA where its library is there and a driver answers; whether that is enough, the trial says. */
function autoFinding({ auto, trials, nvidia }: ProviderFacts): Finding {
  const works = (name: Provider): boolean => trials.some(({ provider, works: does }) => provider === name && does);
  if (auto === "cuda" && !works("cuda")) {
    const text = "would choose cuda, which does not work here";
    return finding("auto", "note", text, "Set engine.provider: cpu until it does.");
  }
  if (auto === "cpu" && nvidia.status === "ok") {
    return finding("auto", "note", "chooses cpu, and leaves the GPU alone: see cuda");
  }
  if (auto === "cpu" && works("webgpu")) {
    return finding("auto", "ok", "chooses cpu; webgpu works, and is used where a spec says engine.provider: webgpu");
  }
  return finding("auto", "ok", `chooses ${auto}`);
}
