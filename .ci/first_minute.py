"""A stranger's first minute: clone, `make demo`, and the page is there.

`first_minute.py FOLDER` leaves the clone and its virtual environment in the folder. It fails unless
the page comes with requirements.txt alone, and the Hub out of reach.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parent.parent


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def page(address, process):
    """What the page says, once it is there; what has to be installed first takes minutes."""
    for _ in range(1800):
        try:
            return urllib.request.urlopen(address).read().decode()
        except OSError:
            if process.poll() is not None:
                sys.exit("make demo ended before its page came.")
            time.sleep(0.5)
    sys.exit("make demo serves no page.")


def main(folder):
    clone, venv, port = folder / "clone", folder / "venv", free_port()
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    environment |= {"GRADIO_SERVER_PORT": str(port), "HF_HUB_OFFLINE": "1"}
    command = ["make", "demo", f"VENV={venv}"]
    process = subprocess.Popen(command, cwd=clone, env=environment, start_new_session=True)
    try:
        if "gradio" not in page(f"http://127.0.0.1:{port}/", process):
            sys.exit("What make demo serves is not its page.")
        installed = subprocess.check_output([venv / "bin" / "pip", "list"], text=True)
        if "ddpm" in installed or "openvino " not in installed:
            sys.exit(f"Not what requirements.txt says is installed:\n{installed}")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
    print("make demo serves its page from a clean clone.")
