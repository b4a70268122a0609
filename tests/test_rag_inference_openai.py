"""noesis.rag.inference: the engine behind an address, against right and wrong servers on the loopback."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from noesis.errors import ConfigError, EngineError, QueryError
from noesis.rag.inference import Finish, Generated, Limits, Prompt, engine, run
from noesis.rag.records import Passage
from tests.openai_server import DONE, EVENTS, WAIT_S, Script, event, listening, refusal, says, waits

KEY = "sk-very-secret-0123456789"
PASSAGE = Passage(source="a.md#rivers", title="Rivers", text="The Elbe is a river.", start=0, end=20)
PROMPT = Prompt(question="What is the Elbe?", passages=(PASSAGE,))


def asked(url: str, **rest: Any) -> Generated:
    return run(engine("openai", url=url, model="m", api_key=KEY), PROMPT, **rest)


def answered(*parts: bytes, **rest: Any) -> Generated:
    with listening(says(*parts)) as server:
        return asked(server.url, **rest)


def test_an_answer_comes_piece_by_piece() -> None:
    heard: list[str] = []
    usage = b'data: {"choices": [], "usage": {"completion_tokens": 7}}\n\n'
    got = answered(
        EVENTS, event(""), event("A "), event("river"), event(finish="stop"), usage, DONE, report=heard.append
    )
    assert (got.text, got.tokens, got.finish) == ("A river", 7, Finish.stop)
    assert heard == ["A ", "river"]
    assert 0 < got.first_token_s < got.seconds


def test_what_is_asked() -> None:
    with listening(says(EVENTS, DONE)) as server:
        asked(server.url, limits=Limits(tokens=9))
        body, head = server.body(), server.requests[0].partition(b"\r\n\r\n")[0]
    assert head.startswith(b"POST /v1/chat/completions HTTP/1.1\r\n")
    assert f"Authorization: Bearer {KEY}".encode() in head.split(b"\r\n")
    assert {key: body[key] for key in ("model", "max_tokens", "temperature", "stream")} == {
        "model": "m",
        "max_tokens": 9,
        "temperature": 0,
        "stream": True,
    }
    assert [one["role"] for one in body["messages"]] == ["system", "user"]
    assert body["messages"][1]["content"] == (
        "Passages:\n\n[1] Rivers (a.md#rivers)\nThe Elbe is a river.\n\nQuestion: What is the Elbe?"
    )


WHOLE = event("Grü") + event("ße 🐟") + event(finish="stop") + DONE
RAW = WHOLE.replace(b"\\u00fc", "ü".encode()).replace(b"\\ud83d\\udc1f", "🐟".encode())
TELLING = {
    "byte by byte, in the middle of characters": (EVENTS, *(RAW[at : at + 1] for at in range(len(RAW)))),
    "lines end with CR LF": (EVENTS, WHOLE.replace(b"\n", b"\r\n")),
    "lines end with CR": (EVENTS, WHOLE.replace(b"\n", b"\r")),
    "comments keep it alive": (EVENTS, b": still here\n\n", WHOLE.replace(b"\n\n", b"\n\n:\n\n")),
    "a mark at the beginning": (EVENTS, b"\xef\xbb\xbf" + WHOLE),
    "data over several lines": (EVENTS, WHOLE.replace(b'"choices":', b'"choices":\ndata:')),
    "no space behind the colon": (EVENTS, WHOLE.replace(b"data: ", b"data:")),
    "names of events": (EVENTS, WHOLE.replace(b"data: {", b"event: x\nid: 1\ndata: {")),
    "UTF-8 as it is": (EVENTS, RAW),
    "[DONE] is missing": (EVENTS, WHOLE.removesuffix(DONE)),
    "the reason is missing": (EVENTS, event("Grüße 🐟"), DONE),
    "a character in two halves": (
        EVENTS,
        event("Grüße \ud83d"),
        event("\udc1f"),
        event(finish="stop"),
    ),
    "chunks": (
        EVENTS.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n"),
        *(b"%x\r\n%b\r\n" % (len(WHOLE[at : at + 7]), WHOLE[at : at + 7]) for at in range(0, len(WHOLE), 7)),
        b"0\r\n\r\n",
    ),
    "after a provisional answer": (b"HTTP/1.1 100 Continue\r\n\r\n", EVENTS, WHOLE),
}


@pytest.mark.parametrize("parts", [pytest.param(parts, id=name) for name, parts in TELLING.items()])
def test_the_same_answer_however_it_is_sent(parts: tuple[bytes, ...]) -> None:
    got = answered(*parts)
    assert (got.text, got.finish) == ("Grüße 🐟", Finish.stop)


def test_what_is_no_text_is_replaced() -> None:
    broken = event("?").replace(b"?", b"a\xff\xe2\x82") + event("\ud83d") + event("b") + DONE
    assert answered(EVENTS, broken).text == "a\ufffd\ufffd\ufffdb"


def said(data: bytes) -> bytes:
    return EVENTS + b"data: " + data + b"\n\n"


ECHO = json.dumps({"error": {"message": f"Incorrect API key provided: {KEY}."}}).encode()
TOLD = {
    "401": (refusal(401, ECHO), r"refused \(401: Incorrect API key provided: ….\); give the right api_key"),
    "403 in a page": (refusal(403, b"<h1>No</h1>\x1b[2J"), r"refused \(403: <h1>No</h1> \[2J\)"),
    "404": (refusal(404, b'{"detail": "no such model"}'), "404: no such model.*look at url"),
    "429": (refusal(429, b'{"error": "slowly"}', b"Retry-After: 7"), r"429: slowly\); wait.*, in 7 s"),
    "500 without a word": (refusal(500), r"refused \(500: Whatever\); look at its log"),
    "a number that nobody knows": (refusal(799, b"\xff\xfe"), "refused.*799"),
    "long": (refusal(500, f"{'x' * 190}{KEY}{'y' * 10**6}".encode()), "x{190}…y{9}…"),
    "elsewhere": (refusal(307, b"", b"Location: http://127.0.0.1:9/?k=" + KEY.encode()), "not followed"),
    "a page": (refusal(200, b"<p>Welcome"), "answered with text/plain instead of text/event-stream"),
    "JSON at once": (refusal(200, b"{}", b"Content-Type: application/json"), "answered with application"),
    "nothing": (b"", "could not be asked"),
    "no HTTP": (f"hello {KEY}\r\n\r\n".encode(), "could not be asked"),
    "an endless head": (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000, "could not be asked"),
    "half a head": (EVENTS[:30], "could not be asked|answered with"),
    "no JSON": (said(KEY.encode() + b"{"), r"sent no chat completion \(…\{\)"),
    "deep JSON": (said(b"[" * 90_000), "sent no chat completion"),
    "another JSON": (said(b"[1]"), "sent no chat completion"),
    "another form": (said(b'{"choices": [{"text": "x"}]}'), "sent no chat completion"),
    "text that is none": (said(b'{"choices": [{"delta": {"content": 7}}]}'), "sent no chat completion"),
    "an error on the way": (EVENTS + event("A") + b"data: " + ECHO + b"\n\n", "in the middle.*provided: …"),
    "broken off": (EVENTS + event("A") + event("B"), "broke off after 2 pieces"),
    "broken off in an event": (EVENTS + event("A") + event("B")[:-9], "broke off after 1 pieces"),
    "nothing to say": (EVENTS, "broke off after 0"),
    "half a chunk": (EVENTS[:-2] + b"Transfer-Encoding: chunked\r\n\r\nff\r\ndata", "could not|broke off"),
    "no chunk": (EVENTS[:-2] + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", "could not be asked"),
    "an endless event": (EVENTS + b"data: " + b"x" * 200_000, "over 100,000 bytes"),
    "an endless event in lines": (EVENTS + b"data: xxxxxxxxx\n" * 12_000, "over 100,000 bytes"),
    "a filter": (EVENTS + event("A") + event(finish="content_filter"), r"another reason \(content_filter\)"),
}


@pytest.mark.parametrize(("sent", "pattern"), TOLD.values(), ids=TOLD.keys())
def test_a_wrong_answer_is_an_error_that_never_shows_the_key(sent: bytes, pattern: str) -> None:
    with pytest.raises(EngineError, match=pattern) as caught:
        answered(sent)
    shown = str(caught.value)
    assert KEY not in shown
    assert "; " in shown
    assert shown.isprintable()
    assert len(shown) < 400


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(EngineError, match=f"127.0.0.1:{port} could not be asked.*refused.*runs"):
        asked(f"http://127.0.0.1:{port}/v1")


def test_a_server_that_does_not_know_the_limit() -> None:
    got = answered(EVENTS, *[event("x")] * 9, DONE, limits=Limits(tokens=4))
    assert (got.text, got.tokens, got.finish) == ("xxxx", 4, Finish.length)


def test_length_is_a_finish() -> None:
    assert answered(EVENTS, event("x"), event(finish="length"), DONE).finish is Finish.length


def test_a_cancelled_generation_ends_before_the_first_token_and_the_server_sees_it() -> None:
    cancel = threading.Event()

    def silent(connection: socket.socket) -> None:
        cancel.set()
        waits(connection)

    with listening(silent) as server:
        got = asked(server.url, cancel=cancel)
        assert server.gone.wait(WAIT_S)
    assert (got.text, got.tokens, got.finish) == ("", 0, Finish.cancelled)
    assert got.first_token_s == got.seconds
    assert got.tokens_per_s == 0.0


def test_a_cancelled_generation_keeps_what_was_said() -> None:
    cancel, heard = threading.Event(), threading.Event()

    def script(connection: socket.socket) -> None:
        connection.sendall(EVENTS + event("A ") + event("river"))
        assert heard.wait(WAIT_S)
        cancel.set()
        waits(connection)

    with listening(script, says(EVENTS, WHOLE)) as server:
        used = engine("openai", url=server.url, model="m")
        got = run(used, PROMPT, cancel=cancel, report=lambda text: heard.set() if text == "river" else None)
        assert (got.text, got.tokens, got.finish) == ("A river", 2, Finish.cancelled)
        assert server.gone.wait(WAIT_S)
        assert run(used, PROMPT).text == "Grüße 🐟"  # and can be used again


def test_cancelled_from_the_beginning_asks_nobody() -> None:
    cancel = threading.Event()
    cancel.set()
    assert asked("http://127.0.0.1:9/v1", cancel=cancel).finish is Finish.cancelled


def begins(connection: socket.socket) -> None:
    connection.sendall(EVENTS)
    waits(connection)


def drips(connection: socket.socket) -> None:
    while True:  # until the client goes
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


SLOW: dict[str, Script] = {
    "says nothing": waits,
    "says a head": begins,
    "always goes on": drips,
}


@pytest.mark.parametrize("script", SLOW.values(), ids=SLOW.keys())
def test_the_time_is_over(script: Script) -> None:
    with listening(script) as server:
        got = asked(server.url, limits=Limits(timeout_s=0.05))
        assert server.gone.wait(WAIT_S)
    assert (got.text, got.finish) == ("", Finish.timed_out)


@contextmanager
def full() -> Iterator[str]:
    """The address of one who listens and whose queue is full: nobody gets a connection."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        for one in waiting:
            one.close()


def test_the_time_is_over_before_there_is_a_connection() -> None:
    with full() as url:
        assert asked(url, limits=Limits(timeout_s=0.05)).finish is Finish.timed_out
        impatient = engine("openai", url=url, model="m", connect_s=0.03)
        with pytest.raises(EngineError, match=r"silent for 0.03 s"):
            run(impatient, PROMPT)


def test_a_silent_server_is_an_error_where_it_may_not_be() -> None:
    with listening(waits) as server:
        impatient = engine("openai", url=server.url, model="m", read_s=0.03)
        with pytest.raises(EngineError, match=r"silent for 0.03 s; .* allow it more time"):
            run(impatient, PROMPT)


def test_a_reader_that_fails_ends_the_generation() -> None:
    def fail(text: str) -> None:
        raise RuntimeError(text)

    def script(connection: socket.socket) -> None:
        connection.sendall(EVENTS + event("A"))
        waits(connection)

    with listening(script) as server:
        with pytest.raises(RuntimeError, match="A"):
            asked(server.url, report=fail)
        assert server.gone.wait(WAIT_S)


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    """A certificate for the loopback that signs itself, and its file."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("certificate")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=x"
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run([*command.split(), *names], cwd=folder, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context, folder / "cert.pem"


def test_over_tls(secure: tuple[ssl.SSLContext, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    context, certificate = secure
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with listening(says(EVENTS, WHOLE), waits, secure=context) as server:
        assert asked(server.url).text == "Grüße 🐟"
        assert asked(server.url, limits=Limits(timeout_s=0.2)).finish is Finish.timed_out


def test_tls_with_somebody_else(secure: tuple[ssl.SSLContext, Path]) -> None:
    with (
        listening(waits, secure=secure[0]) as server,
        pytest.raises(EngineError, match=r"could not be asked.*certificate"),
    ):
        asked(server.url)


@pytest.mark.parametrize("scheme", ["https", "HTTPS"])
def test_tls_with_one_who_speaks_none(scheme: str) -> None:
    cancel = threading.Event()
    first: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def read() -> None:
            with listener.accept()[0] as connection:
                first.append(connection.recv(1))
                cancel.set()
                with suppress(ConnectionResetError):
                    waits(connection)

        thread = threading.Thread(target=read)
        thread.start()
        url = f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/v1"
        assert asked(url, cancel=cancel).finish is Finish.cancelled
        thread.join()
    assert first == [b"\x16"]  # of a handshake (RFC 8446, section 5.1); nothing in the clear


REFUSED = {
    "no scheme": ({"url": "127.0.0.1:80"}, "no address"),
    "another scheme": ({"url": "file:///etc/passwd"}, "no address"),
    "no host": ({"url": "http:///v1"}, "no address"),
    "port 0": ({"url": "http://h:0/v1"}, "no address"),
    "no port": ({"url": "http://h:port/v1"}, "no address"),
    "a name that is none": ({"url": f"http://{'h' * 64}/v1"}, "no address"),
    "a user": ({"url": f"http://u:{KEY}@h/v1"}, "give a key as api_key"),
    "a query": ({"url": f"http://h/v1?key={KEY}"}, "give a key as api_key"),
    "a space": ({"url": "http://h/v 1"}, "%XX"),
    "a line in the key": ({"url": "http://h/v1", "api_key": f"{KEY}\n"}, "api_key holds"),
    "no time": ({"url": "http://h/v1", "connect_s": 0}, "above 0"),
    "no model": ({"url": "http://h/v1", "model": None, "key": 1}, "settings of openai"),
}


@pytest.mark.parametrize(("settings", "pattern"), REFUSED.values(), ids=REFUSED.keys())
def test_settings_that_cannot_be(settings: dict[str, Any], pattern: str) -> None:
    with pytest.raises(ConfigError, match=pattern) as caught:
        engine("openai", **({"model": "m"} | settings))
    assert KEY not in str(caught.value)


def test_the_key_is_in_no_repr() -> None:
    assert repr(engine("openai", url="http://h/v1", model="m", api_key=KEY)) == "OpenAI(h:80/v1, model='m')"


def test_a_question_longer_than_the_prompt_may_be() -> None:
    small = engine("openai", url="http://127.0.0.1:9/v1", model="m", characters=300)
    with pytest.raises(QueryError, match="too long for the engine by"):
        run(small, Prompt(question="why " * 100, passages=()))


def test_two_threads_ask_one_engine() -> None:
    barrier = threading.Barrier(2)
    with listening(says(EVENTS, WHOLE), says(EVENTS, WHOLE)) as server:
        used = engine("openai", url=server.url, model="m")
        got: list[str] = []

        def ask() -> None:
            barrier.wait(WAIT_S)
            got.append(run(used, PROMPT).text)

        threads = [threading.Thread(target=ask) for _ in range(2)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert got == ["Grüße 🐟"] * 2
