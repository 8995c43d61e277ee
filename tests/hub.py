"""A small Hugging Face Hub on loopback, for the real client: `HF_ENDPOINT` points at it.

Speaks the endpoints of huggingface_hub that loading and pushing use, keeps what it is given in
memory, and can be told to fail.
"""

import base64
import hashlib
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from huggingface_hub import ModelCard
from huggingface_hub.utils import validate_repo_id

USER, TOKEN = "student", "hf_a_token_that_must_never_be_seen"
COMMIT = "0" * 40


@dataclass
class Repo:
    private: bool = False
    files: dict[str, bytes] = field(default_factory=dict)
    hardware: str | None = None
    sdk: str | None = None


class Hub(ThreadingHTTPServer):
    """`repos`: id → Repo, data sets under "datasets/id", Spaces under "spaces/id". `requests`:
    (method, path) seen. `stages`: how a Space does, one for each question; the last one stays.

    `faults`: a part of a path → the status to answer with, or "drop" to hang up.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.repos: dict[str, Repo] = {}
        self.blobs: dict[str, bytes] = {}
        self.faults: dict[str, int | str] = {}
        self.requests: list[tuple[str, str]] = []
        self.stages: list[str] = []

    def forget(self):
        """All that it was given and told."""
        for held in (self.repos, self.blobs, self.faults, self.requests, self.stages):
            held.clear()

    def add(self, name, folder, **settings):
        files = {
            str(path.relative_to(folder)): path.read_bytes()
            for path in Path(folder).rglob("*")
            if path.is_file()
        }
        self.repos[name] = Repo(files=files, **settings)

    def environment(self, home, token=None):
        """What a process needs to talk to this Hub, with a cache of its own."""
        settings = {
            "HF_ENDPOINT": self.url,
            "HF_HOME": str(home),
            "HF_HUB_OFFLINE": "0",
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
        }
        return {**settings, "HF_TOKEN": token} if token else settings


@contextmanager
def running_hub():
    with Hub() as hub:
        thread = threading.Thread(target=hub.serve_forever, daemon=True)
        thread.start()
        yield hub
        hub.shutdown()
        thread.join()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Hub

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **headers):
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(payload)

    def handle_any(self):
        path = unquote(urlsplit(self.path).path)
        self.server.requests.append((self.command, path))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        for part, fault in self.server.faults.items():
            if part in path:
                if fault == "drop":
                    self.close_connection = True
                    self.connection.close()
                    return
                self.answer(fault, {"error": f"The Hub was told to answer {fault}."})
                return
        self.route(path, body)

    do_GET = do_HEAD = do_POST = do_PUT = handle_any  # noqa: N815

    @property
    def known(self):
        return self.headers.get("Authorization") == f"Bearer {TOKEN}"

    def repo(self, name):
        """The repository, or None when it is not there for this caller; that is answered."""
        repo = self.server.repos.get(name)
        if repo is None or (repo.private and not self.known):
            self.answer(404 if self.known else 401, {"error": "no"}, X_Error_Code="RepoNotFound")
            return None
        return repo

    def route(self, path, body):
        parts = path.strip("/").split("/")
        if path == "/api/whoami-v2":
            user = {"name": USER, "type": "user", "orgs": [], "auth": {}}
            self.answer(200, user) if self.known else self.answer(401, {"error": "who?"})
        elif path == "/api/validate-yaml":
            said = complaints(**json.loads(body))
            self.answer(400 if said else 200, {"errors": said, "warnings": []})
        elif path == "/api/repos/create":
            self.create(json.loads(body))
        elif parts[0] == "api" and parts[1] in ("models", "datasets", "spaces"):
            prefix = "" if parts[1] == "models" else f"{parts[1]}/"
            self.api(prefix + "/".join(parts[2:4]), parts[4:], body)
        elif "resolve" in parts:
            at = parts.index("resolve")
            self.resolve("/".join(parts[:at]), "/".join(parts[at + 2 :]))
        elif path.endswith(".git/info/lfs/objects/batch"):
            self.lfs(json.loads(body))
        elif parts[0] == "lfs":
            self.server.blobs[parts[1]] = body
            self.answer(200)
        else:
            self.answer(404, {"error": f"no such endpoint: {path}"})

    def create(self, wanted):
        if not self.known:
            self.answer(401, {"error": "Invalid username or password."})
            return
        name = f"{wanted.get('organization') or USER}/{wanted['name']}"
        if wanted.get("type") == "space":
            name = f"spaces/{name}"
        if name in self.server.repos:
            self.answer(409, {"error": "exists", "url": f"{self.server.url}/{name}"})
            return
        private, hardware = wanted.get("visibility") == "private", wanted.get("hardware")
        made = Repo(private=private, hardware=hardware, sdk=wanted.get("sdk"))
        self.server.repos[name] = made
        self.answer(200, {"url": f"{self.server.url}/{name}", "id": name, "name": name})

    def api(self, name, rest, body):
        repo = self.repo(name)
        if repo is None:
            return
        if rest and rest[0] == "preupload":
            files = [
                {"path": f["path"], "uploadMode": mode(f["path"]), "shouldIgnore": False}
                for f in json.loads(body)["files"]
            ]
            self.answer(200, {"files": files})
        elif rest and rest[0] == "commit":
            self.commit(name, repo, [json.loads(line) for line in body.splitlines()])
        elif rest and rest[0] == "runtime":
            stages = self.server.stages
            stage = stages.pop(0) if len(stages) > 1 else stages[0]
            self.answer(200, {"stage": stage, "hardware": {"current": repo.hardware}})
        elif rest and rest[0] == "hardware":
            repo.hardware = json.loads(body)["flavor"]
            self.answer(200, {"stage": "BUILDING", "hardware": {"requested": repo.hardware}})
        elif rest and rest[0] == "tree":
            self.answer(
                200,
                tree(repo.files, "/".join([*rest[2:], ""]), "recursive=true" in self.path.lower()),
            )
        else:
            siblings = [{"rfilename": path} for path in repo.files]
            if "blobs=true" in self.path.lower():
                for sibling in siblings:
                    sibling["size"] = len(repo.files[sibling["rfilename"]])
            short = "/".join(name.split("/")[-2:])
            info = {"id": short, "sha": COMMIT, "private": repo.private}
            self.answer(200, {**info, "siblings": siblings, "tags": [], "downloads": 0, "likes": 0})

    def commit(self, name, repo, lines):
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                repo.files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                repo.files[value["path"]] = self.server.blobs[value["oid"]]
            elif line["key"] == "deletedFile":
                del repo.files[value["path"]]
        url = f"{self.server.url}/{name}/commit/{COMMIT}"
        self.answer(200, {"commitUrl": url, "commitOid": COMMIT, "hookOutput": "", "success": True})

    def lfs(self, wanted):
        objects = [
            {**o, "actions": {"upload": {"href": f"{self.server.url}/lfs/{o['oid']}"}}}
            for o in wanted["objects"]
        ]
        self.answer(200, {"transfer": "basic", "objects": objects})

    def resolve(self, name, file):
        repo = self.repo(name)
        if repo is None:
            return
        if file not in repo.files:
            self.answer(404, {"error": "no file"}, X_Error_Code="EntryNotFound")
            return
        data = repo.files[file]
        self.answer(200, data, ETag=f'"{digest(data)}"', X_Repo_Commit=COMMIT)


def complaints(content, repoType):
    """What is wrong with a card: as the client reads it, and with the ids that it names."""
    if repoType != "model":
        return []
    try:
        data = ModelCard(content).data
        for name in (data.base_model, *(data.datasets or [])):
            validate_repo_id(name or "none")
    except ValueError as error:
        return [{"message": str(error)}]
    return []


def tree(files, folder, recursive):
    """What lies in a folder ("" or "name/"): files, and the folders in it."""
    inside = {p: data for p, data in files.items() if p.startswith(folder)}
    here = {p: data for p, data in inside.items() if recursive or "/" not in p[len(folder) :]}
    folders = {folder + p[len(folder) :].split("/")[0] for p in inside.keys() - here.keys()}
    return [
        *({"type": "directory", "path": path, "oid": "0"} for path in sorted(folders)),
        *({"type": "file", "path": p, "size": len(d), "oid": digest(d)} for p, d in here.items()),
    ]


def mode(path):
    return "lfs" if path.endswith((".safetensors", ".png", ".parquet")) else "regular"


def digest(data):
    return hashlib.sha256(data).hexdigest()
