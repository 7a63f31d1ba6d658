"""What llama.cpp makes of a control vector: prints, as JSON, the logits after the last token of a prompt for each scale.

    python3 test/rig/llama_cpp.py <folder of llama.cpp's libraries> <model.gguf> <vector.gguf> <layer> <ids> <scales>

The folder is `bins/linux-x64` of the npm package @node-llama-cpp/linux-x64; ids and scales are separated by commas.
"""

import ctypes
import glob
import json
import sys

folder, model_path, vector_path, layer, ids, scales = sys.argv[1:]


def library(name):
    (path,) = glob.glob(f"{folder}/{name}")
    return ctypes.CDLL(path, mode=ctypes.RTLD_GLOBAL)


class Params(ctypes.Structure):
    """Structs that are passed by value and not looked into: larger than they are."""

    _fields_ = [("bytes", ctypes.c_ubyte * 1024)]


class Batch(ctypes.Structure):
    _fields_ = [("n_tokens", ctypes.c_int32), ("pointers", ctypes.c_void_p * 6)]


class Text(ctypes.Structure):
    """std::string of libstdc++, of more than 15 characters."""

    _fields_ = [("data", ctypes.c_char_p), ("size", ctypes.c_size_t), ("capacity", ctypes.c_size_t * 2)]


class LoadInfo(ctypes.Structure):
    _fields_ = [("strength", ctypes.c_float), ("path", Text)]


class Vector(ctypes.Structure):
    """std::vector."""

    _fields_ = [("begin", ctypes.c_void_p), ("end", ctypes.c_void_p), ("capacity", ctypes.c_void_p)]


class ControlVector(ctypes.Structure):
    _fields_ = [("n_embd", ctypes.c_int), ("data", Vector)]


library("libggml-base.so")
ggml = library("libggml.v*.so")
llama = library("libllama.v*.so")
common = library("libllama-common.so")
ggml.ggml_backend_load_all_from_path(folder.encode())
SILENT = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)(lambda *_: None)
llama.llama_log_set(SILENT, None)

for name in ["llama_model_default_params", "llama_context_default_params"]:
    getattr(llama, name).restype = Params
llama.llama_model_load_from_file.argtypes = [ctypes.c_char_p, Params]
llama.llama_model_load_from_file.restype = ctypes.c_void_p
llama.llama_init_from_model.argtypes = [ctypes.c_void_p, Params]
llama.llama_init_from_model.restype = ctypes.c_void_p
llama.llama_model_get_vocab.argtypes = [ctypes.c_void_p]
llama.llama_model_get_vocab.restype = ctypes.c_void_p
llama.llama_vocab_n_tokens.argtypes = [ctypes.c_void_p]
llama.llama_batch_get_one.argtypes = [ctypes.c_void_p, ctypes.c_int32]
llama.llama_batch_get_one.restype = Batch
llama.llama_decode.argtypes = [ctypes.c_void_p, Batch]
llama.llama_get_logits_ith.argtypes = [ctypes.c_void_p, ctypes.c_int32]
llama.llama_get_logits_ith.restype = ctypes.POINTER(ctypes.c_float)
llama.llama_set_adapter_cvec.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t] + 3 * [ctypes.c_int32]

# `common_control_vector_load(const std::vector<common_control_vector_load_info> &)`, which llama.cpp's programs call.
load = common["_Z26common_control_vector_loadRKSt6vectorI31common_control_vector_load_infoSaIS0_EE"]
load.argtypes = [ctypes.POINTER(Vector)]
load.restype = ControlVector

llama.llama_backend_init()
model = llama.llama_model_load_from_file(model_path.encode(), llama.llama_model_default_params())
if not model:
    sys.exit("llama.cpp does not load the model")
size = llama.llama_vocab_n_tokens(llama.llama_model_get_vocab(model))
tokens = (ctypes.c_int32 * len(ids.split(",")))(*map(int, ids.split(",")))


def logits(scale):
    path = vector_path.encode()
    info = LoadInfo(scale, Text(path, len(path), (ctypes.c_size_t * 2)(len(path), 0)))
    begin = ctypes.addressof(info)
    end = begin + ctypes.sizeof(info)
    loaded = load(ctypes.byref(Vector(begin, end, end)))
    if loaded.n_embd <= 0:
        sys.exit("llama.cpp does not load the control vector")
    context = llama.llama_init_from_model(model, llama.llama_context_default_params())
    count = (loaded.data.end - loaded.data.begin) // 4
    if llama.llama_set_adapter_cvec(context, loaded.data.begin, count, loaded.n_embd, int(layer), int(layer)) != 0:
        sys.exit("llama.cpp does not apply the control vector")
    if llama.llama_decode(context, llama.llama_batch_get_one(tokens, len(tokens))) != 0:
        sys.exit("llama.cpp does not decode")
    return llama.llama_get_logits_ith(context, -1)[:size]


print(json.dumps([logits(float(scale)) for scale in scales.split(",")]))
