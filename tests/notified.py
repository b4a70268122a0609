"""Who is told, on the loopback: GitHub's issues and comments, and a mail server with STARTTLS and a login.

Real sockets, no sleeping: what a hostile server does is a fault that a test puts first in line. Owns also
the making of what is told.
"""

from __future__ import annotations

import base64
import json
import select
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from groundspeed.config.notify import GitHubConfig
from groundspeed.nightly.notifying.github import GitHub
from groundspeed.nightly.notifying.net import Net, Patience
from groundspeed.nightly.notifying.news import Affected, Missed, Present, Regression, Trouble
from groundspeed.nightly.notifying.secrets import Secrets
from groundspeed.verdicts.groups import State

TOKEN = "ghp_tellNobody"
ORDER = tuple(f"{number:x}" * 40 for number in range(16))  # commits, oldest first
WAIT_S = 30.0  # for what happens at once

Fault = Callable[["Handler"], None]


# --- what is told -----------------------------------------------------------------------------------


def regression(
    state: State = State.CONFIRMED,
    *,
    name: str = "aa11bb22",
    base: int = 3,
    head: int = 4,
    cases: tuple[str, ...] = ("m.time_walk(1)",),
    subject: str = "Make it slow",
) -> Regression:
    """One on the machine `box`, between two commits of ``ORDER``."""
    return Regression(
        id=name,
        state=state,
        base=ORDER[base],
        head=ORDER[head],
        culprit=ORDER[head] if head - base == 1 else "",
        subject=subject,
        machines=("box",),
        cases=tuple(
            Affected(case=case, machine="box", change="1.50× slower (1.48 to 1.52)", levels="1.0 ms → 1.5 ms")
            for case in cases
        ),
        count=len(cases),
        fixed=ORDER[9] if state is State.RECOVERED else "",
        note="",
    )


def present(*regressions: Regression, missed: str = "", trouble: str = "", page: str = "") -> Present:
    target = Missed(machine="box", subject=missed, limit="< 80 ms", value="90 ms", since="")
    return Present(
        project="sample",
        page=page,
        order=ORDER,
        regressions=regressions,
        missed=(target,) if missed else (),
        troubles=(Trouble(key=trouble, sentence=f"{trouble} since Monday."),) if trouble else (),
    )


# --- a server of HTTP -------------------------------------------------------------------------------


@dataclass(kw_only=True, slots=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    content: Any


@dataclass(kw_only=True)
class Hub:
    """Issues and comments of one repository, `o/n`. ``faults`` answer the next requests instead of it."""

    url: str = ""
    account: str | None = None  # None: a workflow's token, which may not ask
    author: str = "github-actions[bot]"
    labels: bool = True  # whether the token may set them
    issues: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, asked: Asked) -> tuple[int, Any]:
        """As the API does, as far as it is needed."""
        parts = urlsplit(asked.path)
        words = parts.path.strip("/").split("/")
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return 401, {"message": "Bad credentials"}
        if words == ["user"]:
            return (200, {"login": self.account}) if self.account else (403, {"message": "Not accessible"})
        if words[:3] != ["repos", "o", "n"] or words[3:4] != ["issues"]:
            return 404, {"message": "Not Found"}
        return self._issues(asked, words[4:], {key: one[0] for key, one in parse_qs(parts.query).items()})

    def _issues(self, asked: Asked, words: list[str], query: dict[str, str]) -> tuple[int, Any]:
        match asked.method, words:
            case "GET", []:
                found = [one for one in reversed(self.issues) if {"name": query["labels"]} in one["labels"]]
                return 200, _page(found, query)
            case "POST", []:
                labels = [{"name": one} for one in asked.content["labels"]] if self.labels else []
                number = len(self.issues) + 1
                made = {**asked.content, "number": number, "state": "open", "labels": labels}
                self.issues.append(made)
                return 201, made
            case "GET", [_, "comments"]:
                return 200, _page(self.comments, query)
            case "POST", [_, "comments"]:
                said = {"id": len(self.comments) + 1, "user": {"login": self.author}, **asked.content}
                self.comments.append(said)
                return 201, said
            case "PATCH", ["comments", number]:
                self.comments[int(number) - 1] |= asked.content
                return 200, self.comments[int(number) - 1]
            case "PATCH", [number]:
                self.issues[int(number) - 1] |= asked.content
                return 200, self.issues[int(number) - 1]
        return 404, {"message": "Not Found"}

    @property
    def writes(self) -> list[str]:
        """What was asked beyond reading."""
        return [f"{one.method} {one.path}" for one in self.asked if one.method != "GET"]


def _page(found: list[dict[str, Any]], query: dict[str, str]) -> list[dict[str, Any]]:
    size, number = int(query["per_page"]), int(query["page"])
    return found[(number - 1) * size : number * size]


class Handler(BaseHTTPRequestHandler):
    """One connection; the hub is its server's."""

    hub: Hub

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        asked = Asked(
            method=self.command,
            path=self.path,
            headers={name.lower(): value for name, value in self.headers.items()},
            content=json.loads(body) if body else None,
        )
        with self.hub.lock:
            self.hub.asked.append(asked)
            fault = self.hub.faults.pop(0) if self.hub.faults else None
            status, content = (0, None) if fault else self.hub.answer(asked)
        if fault:
            self.close_connection = True
            fault(self)
        else:
            self.wfile.write(whole(status, json.dumps(content).encode()))

    do_GET = do_POST = do_PATCH = _serve  # noqa: N815 -- http.server asks for these names

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went is what some tests are about."""


@contextmanager
def hub_at(secure: ssl.SSLContext | None = None) -> Iterator[Hub]:
    """A server that listens until the end of the block."""
    hub = Hub()
    handler = type("Bound", (Handler,), {"hub": hub, "timeout": WAIT_S})
    with _Server(("127.0.0.1", 0), handler) as server:
        if secure is not None:
            server.socket = secure.wrap_socket(server.socket, server_side=True)
        hub.url = f"http{'s' if secure else ''}://127.0.0.1:{server.server_address[1]}"
        with _served(server):
            yield hub


@contextmanager
def _served(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


def whole(status: int, body: bytes = b"", *headers: bytes, kind: bytes = b"application/json") -> bytes:
    """A whole answer."""
    lines = [b"HTTP/1.1 %d Whatever" % status, b"Content-Length: %d" % len(body), b"Content-Type: " + kind]
    return b"\r\n".join([*lines, *headers]) + b"\r\n\r\n" + body


def says(answer: bytes) -> Fault:
    """These bytes, and then the end."""

    def fault(handler: Handler) -> None:
        handler.wfile.write(answer)

    return fault


def drips(handler: Handler) -> None:
    """A byte of a long answer now and then, until the client goes: no read ever meets its time-out."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
    for _ in range(1500):
        handler.wfile.write(b" ")
        if select.select([handler.connection], [], [], 0.02)[0]:
            return


def net(
    trust: ssl.SSLContext | None = None,
    patience: Patience = Patience(),  # noqa: B008 -- frozen
) -> tuple[Net, list[float]]:
    """A network that does not wait, and the list of how long it would have."""
    waits: list[float] = []
    return Net(patience=patience, sleep=waits.append, trust=trust), waits


def github(hub: Hub, through: Net | None = None, token: str = TOKEN) -> GitHub:
    """The repository `o/n` of a hub."""
    config = GitHubConfig(repository="o/n", label="groundspeed", api=hub.url)
    return GitHub(config=config, secrets=Secrets.of({"GITHUB_TOKEN": token}), net=through or net()[0])


# --- a server of mail -------------------------------------------------------------------------------


@dataclass(kw_only=True)
class Post:
    """What a mail server was handed, and what it shall refuse: a word of SMTP to its answer."""

    port: int = 0
    tls: ssl.SSLContext | None = None
    refuse: dict[str, str] = field(default_factory=dict)
    logins: list[tuple[str, str]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    mails: list[tuple[list[str], str]] = field(default_factory=list)


class _Session(socketserver.StreamRequestHandler):
    """SMTP (RFC 5321) with STARTTLS (RFC 3207) and AUTH PLAIN (RFC 4954), as far as smtplib asks."""

    post: Post
    timeout = WAIT_S

    def handle(self) -> None:
        secured, recipients = False, []
        self._say("220 post")
        while line := self.rfile.readline().decode("ascii").strip():
            word = line.split()[0].upper()
            if refusal := self.post.refuse.get(line.split(":")[-1].strip("<> ") if ":" in line else word):
                self._say(refusal)
            elif word == "EHLO":
                offered = ["250-post", *([] if secured or not self.post.tls else ["250-STARTTLS"])]
                self._say(*offered, "250 AUTH PLAIN")
            elif word == "STARTTLS" and self.post.tls:
                self._say("220 go on")
                self._secure(self.post.tls)
                secured = True
            elif word == "AUTH":
                _, user, password = base64.b64decode(line.split()[2]).decode().split("\0")
                self.post.logins.append((user, password))
                self._say("235 welcome")
            elif word == "RCPT":
                recipients.append(line[9:-1])
                self._say("250 well")
            elif word == "DATA":
                self._say("354 go on")
                self.post.mails.append((recipients, self._data()))
                self.post.encrypted.append(secured)
                self._say("250 taken")
            elif word == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 well")

    def _secure(self, context: ssl.SSLContext) -> None:
        self.rfile.close()
        self.request = context.wrap_socket(self.request, server_side=True)
        self.connection = self.request
        self.rfile = self.request.makefile("rb")
        self.wfile = self.request.makefile("wb", 0)

    def finish(self) -> None:
        """Close what TLS made as well: the server closes the socket that it took over."""
        super().finish()
        self.request.close()

    def _data(self) -> str:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        return b"".join(lines).decode("utf-8")

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


class _MailServer(socketserver.ThreadingTCPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went is what some tests are about."""


@contextmanager
def post_at(tls: ssl.SSLContext | None = None) -> Iterator[Post]:
    """A mail server that listens until the end of the block."""
    post = Post(tls=tls)
    handler = type("Bound", (_Session,), {"post": post})
    with _MailServer(("127.0.0.1", 0), handler) as server:
        post.port = server.server_address[1]
        with _served(server):
            yield post


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a certificate for the loopback that signs itself, and whom trusts it."""
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=x"
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run([*command.split(), *names], cwd=folder, check=True, capture_output=True)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return server, ssl.create_default_context(cafile=str(folder / "cert.pem"))
