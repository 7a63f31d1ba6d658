import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { readSharedLibrary } from "../../src/engine/providers/elf.ts";
import { inspectCudaLibrary } from "../../src/engine/providers/cuda-library.ts";
import { hasCudaProvider, onnxRuntime } from "../../src/engine/providers/installed.ts";
import { nvidiaDriver } from "../../src/engine/providers/nvidia.ts";
import { tryProvider } from "../../src/engine/providers/trial.ts";
import { elfLibrary } from "../rig/elf.ts";
import { tempFolder } from "../rig/temp-folder.ts";

afterEach(() => vi.unstubAllEnvs());

function write(path: string, content: string | Uint8Array): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

const LIBRARY = "libonnxruntime_providers_cuda.so";
const NEEDED = ["libcublas.so.77", "libcudart.so.77", "libcuda-of-nobody.so.1"];

describe("a shared library's file", () => {
  it.runIf(process.platform === "linux")("says what ONNX Runtime's own needs, and where it looks", () => {
    const library = readSharedLibrary(join(onnxRuntime().folder, "libonnxruntime.so.1"));
    expect(library?.needed).toEqual(expect.arrayContaining(["libstdc++.so.6", "libc.so.6"]));
    expect(library?.runPath).toEqual(["$ORIGIN"]);
    expect(Buffer.from(library?.constants ?? []).includes(`\0${onnxRuntime().version}\0`)).toBe(true);
  });

  it("is read with names, run path and constants", () => {
    const path = write(join(tempFolder(), "a.so"), elfLibrary(["liba.so.1", "libb.so"], "some\0texts", "/x:$ORIGIN/y"));
    const library = readSharedLibrary(path);
    expect(library?.needed).toEqual(["liba.so.1", "libb.so"]);
    expect(library?.runPath).toEqual(["/x", "$ORIGIN/y"]);
    expect(Buffer.from(library?.constants ?? []).toString()).toBe("some\0texts");
  });

  it("is none when it is text, or cut anywhere", () => {
    const folder = tempFolder();
    expect(readSharedLibrary(write(join(folder, "text"), "#!/bin/sh\n".repeat(20)))).toBeUndefined();
    const whole = elfLibrary(["liba.so.1"], "constants");
    for (let length = 0; length < whole.length; length += 7) {
      expect(readSharedLibrary(write(join(folder, "cut"), whole.subarray(0, length)))).toBeUndefined();
    }
  });
});

describe("ONNX Runtime's CUDA library", () => {
  const inspect = (folder: string, env = {}) => inspectCudaLibrary({ folder, version: "1.30.0" }, env);

  it("is absent", () => {
    const folder = tempFolder();
    expect(inspect(folder)).toEqual({
      path: join(folder, LIBRARY),
      status: "absent",
      version: undefined,
      hasShared: false,
      cudaMajor: undefined,
      missing: [],
    });
  });

  it("is of a version, needs a CUDA, and libraries that are not found", () => {
    const folder = tempFolder();
    write(join(folder, LIBRARY), elfLibrary(NEEDED, "\x009.3.0\0a\x001.22.0\0b\0"));
    expect(inspect(folder)).toEqual({
      path: join(folder, LIBRARY),
      status: "present",
      version: "1.22.0",
      hasShared: false,
      cudaMajor: 77,
      missing: NEEDED.map((name) => ({ name, foundIn: undefined })),
    });
  });

  it("is of the expected version when that is among its texts", () => {
    const folder = tempFolder();
    write(join(folder, LIBRARY), elfLibrary([], "\x001.2.0\0a\x001.30.0\0b\0"));
    write(join(folder, "libonnxruntime_providers_shared.so"), "");
    expect(inspect(folder)).toMatchObject({ version: "1.30.0", hasShared: true, cudaMajor: undefined, missing: [] });
  });

  it("finds what it needs on LD_LIBRARY_PATH and beside itself, and says where else there is some", () => {
    const [folder, path, environment] = [tempFolder(), tempFolder(), tempFolder()];
    write(join(folder, LIBRARY), elfLibrary(NEEDED, "", "$ORIGIN/beside"));
    write(join(folder, "beside", "libcudart.so.77"), "");
    write(join(path, "libcublas.so.77"), "");
    const packages = join(environment, "lib/python3.12/site-packages/nvidia/cu77/lib");
    write(join(packages, "libcuda-of-nobody.so.1"), "");
    const env = { LD_LIBRARY_PATH: `/nowhere:${path}`, VIRTUAL_ENV: environment };
    expect(inspect(folder, env).missing).toEqual([{ name: "libcuda-of-nobody.so.1", foundIn: packages }]);
  });

  it("is unreadable when it is no library", () => {
    const folder = tempFolder();
    write(join(folder, LIBRARY), "version https://git-lfs.github.com/spec/v1\n");
    expect(inspect(folder)).toMatchObject({ status: "unreadable", version: undefined, missing: [] });
  });
});

describe("NVIDIA's driver", () => {
  const smi = (script: string): void => {
    const folder = tempFolder();
    chmodSync(write(join(folder, "nvidia-smi"), `#!/bin/sh\n${script}\n`), 0o755);
    vi.stubEnv("PATH", `${folder}${delimiter}${process.env["PATH"]}`);
  };
  const TWO = `cat <<'END'
0, GPU-aaaa1111, NVIDIA H100 80GB HBM3, 81559, 80990, 580.95.05
1, GPU-bbbb2222, NVIDIA H100 80GB HBM3, 81559, 1024, 580.95.05
END`;

  it("names its GPUs with their memory", () => {
    smi(TWO);
    vi.stubEnv("CUDA_VISIBLE_DEVICES", undefined);
    expect(nvidiaDriver()).toEqual({
      status: "ok",
      version: "580.95.05",
      gpus: [
        {
          index: 0,
          uuid: "GPU-aaaa1111",
          name: "NVIDIA H100 80GB HBM3",
          totalBytes: 81_559 * 2 ** 20,
          freeBytes: 80_990 * 2 ** 20,
          visible: true,
        },
        expect.objectContaining({ index: 1, freeBytes: 2 ** 30, visible: true }),
      ],
    });
  });

  it.each([
    ["1", [1, 0], [true, false]],
    ["1,0", [1, 0], [true, true]],
    ["GPU-bbbb", [1, 0], [true, false]],
    ["", [0, 1], [false, false]],
    ["-1", [0, 1], [false, false]],
    ["0,7,1", [0, 1], [true, false]],
  ])("shows this process those that CUDA_VISIBLE_DEVICES='%s' names, in its order", (value, order, visible) => {
    smi(TWO);
    const driver = nvidiaDriver({ CUDA_VISIBLE_DEVICES: value });
    const gpus = driver.status === "ok" ? driver.gpus : [];
    expect(gpus.map(({ index }) => index)).toEqual(order);
    expect(gpus.map((gpu) => gpu.visible)).toEqual(visible);
  });

  it("is absent without nvidia-smi", () => {
    vi.stubEnv("PATH", tempFolder());
    expect(nvidiaDriver()).toEqual({ status: "absent" });
  });

  it("fails with the words of nvidia-smi", () => {
    smi("echo 'NVIDIA-SMI has failed because it could not communicate with the driver.'; exit 9");
    const message = "NVIDIA-SMI has failed because it could not communicate with the driver.";
    expect(nvidiaDriver()).toEqual({ status: "failed", message });
    smi("echo 'No devices were found'");
    expect(nvidiaDriver()).toEqual({ status: "failed", message: "No devices were found" });
  });
});

describe("a provider that is tried", () => {
  it("works on the CPU", async () => {
    expect(await tryProvider("cpu")).toEqual({ provider: "cpu", works: true, reason: "" });
  });

  it.runIf(process.platform === "linux" && !hasCudaProvider())(
    "does not work without its library, and says which",
    async () => {
      const reason = "libonnxruntime_providers_shared.so: cannot open shared object file: No such file or directory";
      expect(await tryProvider("cuda")).toEqual({ provider: "cuda", works: false, reason });
    },
  );
});
