"""Build kernels.wasm from kernels/*: `python -m ddpm_hf.demo.web.engine.build`.

Needs the package ziglang, whose compiler makes the same bytes on any machine. The file carries the
hash of its source in a section of its own, `source`, which browsers pass over.
"""

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
SOURCE, BUILT = HERE / "kernels", HERE / "kernels.wasm"
ZIG = "0.17.1"
"""The version of ziglang that built the file in the repository."""
FLAGS = [
    *("-target", "wasm32-freestanding", "-O3", "-msimd128", "-std=c17", "-Wall", "-Wextra"),
    *("-ffreestanding", "-fno-builtin-memset", "-fno-builtin-memcpy", "-nostdlib"),
    *("-Wl,--no-entry", "-Wl,--export=__heap_base", "-Wl,-s"),
]
SECTION = b"source"


def source_hash() -> bytes:
    """SHA-256 of the source and of how it is built."""
    files = [path.read_bytes() for path in sorted(SOURCE.iterdir())]
    return hashlib.sha256(b"".join(files) + " ".join([ZIG, *FLAGS]).encode()).digest()


def section() -> bytes:
    """The custom section with the hash: its kind 0, its size, its name, its content."""
    content = bytes([len(SECTION)]) + SECTION + source_hash()
    return bytes([0, len(content)]) + content


def build() -> bytes:
    """What kernels.wasm should be. Raises CalledProcessError if zig is missing or refuses."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "kernels.wasm"
        command = [sys.executable, "-m", "ziglang", "cc", *FLAGS, "-o", str(made), "kernels.c"]
        subprocess.run(command, cwd=SOURCE, check=True)
        return made.read_bytes() + section()


if __name__ == "__main__":
    print(f"{BUILT.name}: {BUILT.write_bytes(build())} bytes")
