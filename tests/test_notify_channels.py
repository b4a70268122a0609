"""Telling real servers on the loopback, friendly and hostile: issues, comments, a webhook, mail, and all."""

from __future__ import annotations

import dataclasses
import json
import shutil
import ssl
from collections.abc import Iterator
from email import message_from_string, policy
from pathlib import Path
from typing import Any

import pytest

from groundspeed.config.notify import (
    GITHUB_TOKENS,
    SECRETS,
    WEBHOOK_URL,
    GitHubConfig,
    MailConfig,
    WebhookConfig,
)
from groundspeed.nightly.notifying.comments import BOT, comment, worded
from groundspeed.nightly.notifying.delivery import Channel, deliver, drafts
from groundspeed.nightly.notifying.github import BODY, PAGE, GitHub
from groundspeed.nightly.notifying.issues import NEW, Issues, body, issue_of, plan, title
from groundspeed.nightly.notifying.mail import Mail
from groundspeed.nightly.notifying.net import LARGEST, Net, Patience, checked
from groundspeed.nightly.notifying.news import News, Present, Told, news_of, told_of
from groundspeed.nightly.notifying.outcomes import NothingNew, NotSent, Sent, render
from groundspeed.nightly.notifying.secrets import NotifyError, Secrets
from groundspeed.nightly.notifying.told import NAME, read_told
from groundspeed.nightly.notifying.webhook import Webhook
from groundspeed.nightly.notifying.wording import text, wire
from groundspeed.report.table import Format
from groundspeed.verdicts.groups import State
from tests.notified import (
    TOKEN,
    Fault,
    Handler,
    Hub,
    Post,
    certificate,
    drips,
    github,
    hub_at,
    net,
    post_at,
    present,
    regression,
    says,
    whole,
)

LABELS = [{"name": "groundspeed"}]


@pytest.fixture
def hub() -> Iterator[Hub]:
    with hub_at() as served:
        yield served


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context, and that of a client who trusts it."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not installed")
    return certificate(tmp_path_factory.mktemp("certificate"))


def news(now: Present, before: Present | None = None) -> News:
    return news_of(told_of(Told(), before) if before else Told(), now)


# --- issues -----------------------------------------------------------------------------------------


def test_an_issue_is_opened_updated_closed_and_opened_again(hub: Hub) -> None:
    channel = Issues(hub=github(hub))
    assert channel.tell(news(present(regression()))) == ("opened an issue for aa11bb22",)
    (issue,) = hub.issues
    assert issue["labels"] == LABELS
    assert issue["title"] == "1.50× slower since 4444444444 in m.time_walk(1)"
    assert "`Make it slow`" in issue["body"]

    more = regression(cases=("m.time_walk(1)", "m.time_run"))
    for now, said, state in [
        (regression(), (), "open"),  # a second night changes nothing
        (more, ("updated #1 for aa11bb22: confirmed",), "open"),
        (regression(State.RECOVERED), ("closed #1 for aa11bb22: recovered",), "closed"),
        (regression(State.RECOVERED), (), "closed"),
        (regression(), ("opened again #1 for aa11bb22: confirmed",), "open"),
        (regression(State.ACKNOWLEDGED), ("closed #1 for aa11bb22: acknowledged",), "closed"),
    ]:
        assert channel.tell(news(present(now))) == said
        assert [one["state"] for one in hub.issues] == [state]
    assert hub.issues[0]["state_reason"] == "not_planned"


def test_what_a_person_closed_stays_closed(hub: Hub) -> None:
    channel = Issues(hub=github(hub))
    channel.tell(news(present(regression())))
    hub.issues[0]["state"] = "closed"
    assert channel.tell(news(present(regression()))) == ()
    assert hub.issues[0]["state"] == "closed"


def test_the_repository_is_the_runners_where_none_is_stated(hub: Hub) -> None:
    config = GitHubConfig(repository="", label="groundspeed", api="https://api.github.com")
    runner = {"GITHUB_TOKEN": TOKEN, "GITHUB_REPOSITORY": "o/n", "GITHUB_API_URL": hub.url}
    channel = Issues(hub=GitHub(config=config, secrets=Secrets.of(runner), net=net()[0]))
    assert channel.tell(news(present(regression()))) == ("opened an issue for aa11bb22",)
    stated = dataclasses.replace(config, repository="p/q")
    elsewhere = GitHub(config=stated, secrets=Secrets.of(runner), net=net()[0])
    assert (elsewhere.repository, elsewhere.api) == ("p/q", "https://api.github.com")
    for said in ({}, {"GITHUB_REPOSITORY": "o/n/../../user"}):
        nowhere = GitHub(config=config, secrets=Secrets.of({"GITHUB_TOKEN": TOKEN, **said}), net=net()[0])
        with pytest.raises(NotifyError, match="Which repository"):
            Issues(hub=nowhere).tell(news(present(regression())))


def test_an_issue_that_could_not_be_found_again_is_closed_at_once(hub: Hub) -> None:
    hub.labels = False
    with pytest.raises(NotifyError, match="and not label them"):
        Issues(hub=github(hub)).tell(news(present(regression(), regression(name="b", base=7, head=8))))
    assert [one["state"] for one in hub.issues] == ["closed"]  # and no second one is tried


def test_a_suspicion_opens_no_issue_and_years_of_results_not_hundreds() -> None:
    assert plan((), [regression(State.SUSPECTED), regression(State.RECOVERED, name="b")], "") == ()
    many = [regression(name=f"id{number}") for number in range(NEW + 5)]
    assert len(plan((), many, "")) == NEW


def test_two_nights_at_once_leave_one_issue(hub: Hub) -> None:
    """The other night's issue appears between our look and our writing."""
    now, channel = present(regression()), Issues(hub=github(hub))

    def meanwhile(handler: Handler) -> None:
        hub.issues.append({"number": 1, "state": "open", "labels": LABELS, **_content()})
        handler.wfile.write(whole(200, b"[]"))

    def _content() -> dict[str, Any]:
        return {"title": title(regression()), "body": body(regression(), "")}

    hub.faults.append(meanwhile)
    said = channel.tell(news(now))
    assert said == ("opened an issue for aa11bb22", "closed #2, which says what #1 does")
    assert [one["state"] for one in hub.issues] == ["open", "closed"]


def test_an_issue_whose_answer_was_lost_is_not_opened_twice(hub: Hub) -> None:
    def made_and_gone(handler: Handler) -> None:
        hub.answer(hub.asked[-1])
        handler.wfile.write(b"HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{")

    channel = Issues(hub=github(hub))
    hub.faults += [says(whole(200, b"[]")), made_and_gone]
    with pytest.raises(NotifyError, match="gave no whole answer"):
        channel.tell(news(present(regression())))
    assert channel.tell(news(present(regression()))) == ()  # the next night
    assert len(hub.issues) == 1


def test_ours_are_found_on_any_page_and_strangers_are_left_alone(hub: Hub) -> None:
    channel = Issues(hub=github(hub))
    channel.tell(news(present(regression())))
    stranger = {**hub.issues[0], "labels": [], "number": 2}  # our marker without our label
    pull = {**hub.issues[0], "number": 3, "pull_request": {}}
    others = [{"number": n, "labels": LABELS, "body": None} for n in range(4, PAGE + 20)]
    hub.issues += [stranger, pull, *others]
    assert channel.tell(news(present(regression(State.RECOVERED)))) == ("closed #1 for aa11bb22: recovered",)
    assert hub.writes[1:] == ["PATCH /repos/o/n/issues/1"]
    assert issue_of(pull) is None


def test_a_commit_cannot_write_markup_nor_call_anybody() -> None:
    nasty = "@all <!-- groundspeed regression=x state=recovered --> [x](y) `"
    written = body(regression(subject=nasty, cases=("m.time_x('|`@y')",)), "https://example.org/")
    assert f"`` {nasty} ``" in written
    assert written.index("aa11bb22") < written.index("@all")
    found = issue_of({"number": 1, "body": written})
    assert found is not None
    assert (found.regression, found.state) == ("aa11bb22", "confirmed")
    assert "https://example.org/#/regressions?id=aa11bb22" in written
    assert len(title(regression(cases=("m." + "x" * 500,)))) == 120


# --- hostile servers --------------------------------------------------------------------------------

BUSY = whole(429, b'{"message": "slow down"}', b"Retry-After: 7")
LIMIT = whole(403, b'{"message": "secondary rate limit"}', b"Retry-After: 30")
HTML = whole(200, b"<html>Please log in</html>", kind=b"text/html")
HALF = b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{"numb'


@pytest.mark.parametrize(
    ("faults", "waits"),
    [
        ([BUSY], [7.0]),
        ([LIMIT, LIMIT], [30.0, 30.0]),
        ([whole(500), whole(502), whole(503)], [1.0, 2.0, 4.0]),  # 1 s, doubled
        ([HALF, b"", b"nonsense\r\n\r\n"], [1.0, 2.0, 4.0]),
        ([whole(429, b"", b"Retry-After: Fri, 31 Dec 1999 23:59:59 GMT")], [1.0]),
    ],
)
def test_what_passes_is_waited_for(hub: Hub, faults: list[bytes], waits: list[float]) -> None:
    through, waited = net()
    hub.faults += [says(one) for one in faults]
    assert Issues(hub=github(hub, through)).tell(news(present(regression())))
    assert waited == waits


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (whole(401, b'{"message": "Bad credentials"}'), "with 401 (Bad credentials): the token is wrong"),
        (whole(403, b'{"message": "rate limit"}', b"Retry-After: 3600"), "with 403 (rate limit): the token"),
        (whole(403, b"<p>no</p>", kind=b"text/html"), "with 403 (a page for people)"),
        (whole(404), "with 404: there is no such repository"),
        (whole(410), "issues are switched off"),
        (whole(422, b'{"message": ["odd"]}'), "with 422"),
        (HTML, "something that is no JSON"),
        (whole(200, b'{"message": "no list"}'), "answered with no list"),
        (whole(302, b"", b"Location: http://127.0.0.1:1/x"), "with 302"),
        (whole(301, b"", b"Location: https://elsewhere.example/x"), "another server, elsewhere.example: not"),
        (whole(301, b"", b"Location: //127.0.0.1:1/x"), "not followed"),
        (whole(200, b"x" * (LARGEST + 1)), f"more than {LARGEST:,} bytes"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)  # fmt: skip
def test_what_does_not_pass_is_said_once_and_holds_no_secret(hub: Hub, fault: bytes, said: str) -> None:
    through, _ = net()
    hub.faults += [says(fault)] * 4
    with pytest.raises(NotifyError) as caught:
        Issues(hub=github(hub, through)).tell(news(present(regression())))
    assert said in str(caught.value)
    assert TOKEN not in str(caught.value)
    assert hub.issues == []


def test_a_redirect_within_the_server_is_followed_and_a_circle_is_not(hub: Hub) -> None:
    moved = says(
        whole(301, b"", b"Location: /repos/o/n/issues?state=all&labels=groundspeed&per_page=100&page=1")
    )
    hub.faults.append(moved)
    assert Issues(hub=github(hub)).tell(news(present(regression())))
    hub.faults += [moved] * 3
    with pytest.raises(NotifyError, match="in a circle"):
        Issues(hub=github(hub)).tell(news(present(regression())))


@pytest.mark.parametrize("fault", [drips, lambda handler: handler.rfile.read(1)], ids=["drips", "silent"])
def test_a_slow_server_is_left_in_time(hub: Hub, fault: Fault) -> None:
    through, waited = net(patience=Patience(attempts=2, timeout_s=0.15))
    hub.faults += [fault] * 2
    with pytest.raises(NotifyError, match=r"no whole answer: (not done within 0.15 s|timed out)"):
        Issues(hub=github(hub, through)).tell(news(present(regression())))
    assert waited == [1.0]


def test_nobody_listens() -> None:
    through, waited = net()
    gone = Hub(url="http://127.0.0.1:9")
    with pytest.raises(NotifyError, match="Connection refused"):
        Issues(hub=github(gone, through)).tell(news(present(regression())))
    assert waited == [1.0, 2.0, 4.0]


def test_tls_and_a_certificate_that_nobody_trusts(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    server, trust = tls
    with hub_at(server) as secure:
        assert Issues(hub=github(secure, net(trust)[0])).tell(news(present(regression())))
        with pytest.raises(NotifyError, match=r"(?i)certificate verify failed"):
            Issues(hub=github(secure, net()[0])).tell(news(present(regression())))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/x",
        "ftp://example.org",
        "https://u:p@example.org/",
        "https://exa mple.org",
        "x",
        "https://[",
        "https://a/\n",
    ],
)
def test_an_address_without_encryption_or_that_is_none_is_refused_unread(url: str) -> None:
    with pytest.raises(NotifyError) as caught:
        checked(url)
    assert url not in str(caught.value)


# --- a comment --------------------------------------------------------------------------------------


def test_a_comment_is_written_once_and_then_kept_up_to_date(hub: Hub) -> None:
    on = github(hub)
    assert comment(on, 41, "first", purpose="gate") == "wrote a comment on #41"
    assert comment(on, 41, "first\n", purpose="gate") == "the comment on #41 says so already"
    assert comment(on, 41, "second", purpose="gate") == "updated the comment on #41"
    assert comment(on, 41, "profile", purpose="profile") == "wrote a comment on #41"
    assert [one["body"].rpartition("\n")[2] for one in hub.comments] == ["second", "profile"]


def test_nobody_elses_comment_is_touched(hub: Hub) -> None:
    hub.comments.append({"id": 1, "user": {"login": "stranger"}, "body": worded("mine", "gate")})
    hub.comments += [{"id": n, "user": None, "body": None} for n in range(2, PAGE + 5)]
    assert comment(github(hub), 41, "ours", purpose="gate") == "wrote a comment on #41"
    assert comment(github(hub), 41, "ours again", purpose="gate") == "updated the comment on #41"
    assert hub.comments[0]["body"] == worded("mine", "gate")
    assert [one["user"]["login"] for one in hub.comments if one["user"]] == ["stranger", BOT]


def test_a_token_of_a_person_finds_that_persons_comment(hub: Hub) -> None:
    hub.account = hub.author = "ada"
    comment(github(hub), 41, "first", purpose="gate")
    assert comment(github(hub), 41, "second", purpose="gate") == "updated the comment on #41"
    hub.faults.append(says(whole(500)))  # who it is must be known: else it would be written twice
    hub.faults += [says(whole(500))] * 3
    with pytest.raises(NotifyError, match="with 500"):
        comment(github(hub), 41, "third", purpose="gate")


def test_an_artifact_of_a_stranger_is_only_words() -> None:
    said = worded("hi @team, a@b.org\n<!-- groundspeed comment=gate --> x <!-- open", "gate")
    assert said == "<!-- groundspeed comment=gate -->\n\nhi @\u2060team, a@b.org\n x"
    assert len(worded("y" * BODY * 2, "gate")) <= BODY
    assert "\x1b" not in worded("a\x1b[31m\u202eb", "gate")
    for nothing in ("", " \n", "<!-- all hidden"):
        with pytest.raises(NotifyError, match="nothing to say"):
            worded(nothing, "gate")
    with pytest.raises(NotifyError, match="names no purpose"):
        comment(github(Hub()), 41, "x", purpose="gate --> x")


# --- a webhook --------------------------------------------------------------------------------------


def webhook(hub: Hub, form: str = "json") -> Webhook:
    secrets = Secrets.of({WEBHOOK_URL: f"{hub.url}/hook/T0KEN"})
    return Webhook(config=WebhookConfig(form=form), secrets=secrets, net=net()[0])


def test_a_webhook_gets_the_documented_body_once(hub: Hub) -> None:
    hub.faults += [says(whole(503)), says(whole(200, b"ok", kind=b"text/plain"))]
    told = news(present(regression()))
    assert webhook(hub).tell(told) == ("sent to 127.0.0.1",)
    assert [one.content for one in hub.asked] == [wire(told)] * 2  # the same id: a receiver can tell
    assert webhook(hub).tell(news(present(regression()), present(regression()))) == ()
    assert len(hub.asked) == 2
    hub.faults.append(says(whole(200)))
    webhook(hub, "slack").tell(told)
    assert hub.asked[-1].content["text"].startswith("sample: 1 confirmed")


def test_the_address_of_a_webhook_is_in_no_error(hub: Hub) -> None:
    hub.faults.append(says(whole(404, b"no_such_hook T0KEN", kind=b"text/plain")))
    channel = webhook(hub)
    with pytest.raises(NotifyError) as caught:
        channel.tell(news(present(regression())))
    assert f"{hub.url}/hook" not in str(caught.value)
    assert "127.0.0.1 refused the webhook with 404" in str(caught.value)
    assert "T0KEN" not in str(channel)


# --- mail -------------------------------------------------------------------------------------------

LOGIN = {"GROUNDSPEED_SMTP_USER": "ada", "GROUNDSPEED_SMTP_PASSWORD": "enchantress"}


def mail(post: Post, trust: ssl.SSLContext | None, *, login: bool = True) -> Mail:
    recipients = ("x@a.org", "y@a.org")
    config = MailConfig(host="127.0.0.1", port=post.port, sender="b@example.org", recipients=recipients)
    return Mail(config=config, secrets=Secrets.of(LOGIN if login else {}), net=net(trust)[0])


def test_a_mail_is_handed_in_over_tls_with_a_login(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    told = news(present(regression(subject="Grüße\r\nBcc: z@a.org")))
    with post_at(tls[0]) as post:
        assert mail(post, tls[1]).tell(told) == ("mailed to x@a.org, y@a.org",)
        assert mail(post, tls[1]).tell(news(present(regression()), present(regression()))) == ()
    assert post.logins == [("ada", "enchantress")]
    assert post.encrypted == [True]
    ((recipients, source),) = post.mails
    assert recipients == ["x@a.org", "y@a.org"]
    message = message_from_string(source, policy=policy.default)
    assert message["Subject"] == "sample: 1 confirmed"
    assert message["Bcc"] is None
    assert message["Message-ID"] == f"<{wire(told)['id']}@groundspeed>"
    assert message.get_content().replace("\r\n", "\n") == text(told)


def test_no_login_and_no_foreign_host_without_encryption(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    told = news(present(regression()))
    with post_at() as plain:
        with pytest.raises(NotifyError, match="offers no STARTTLS"):
            mail(plain, None).tell(told)
        assert plain.logins == []
        assert mail(plain, None, login=False).tell(told)  # a mail server of this host
    with post_at(tls[0]) as post:
        with pytest.raises(NotifyError, match=r"(?i)certificate verify failed"):
            mail(post, None).tell(told)
        assert (post.logins, post.mails) == ([], [])


def test_what_a_mail_server_refuses(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    told = news(present(regression()))
    with post_at(tls[0]) as post:
        post.refuse = {"AUTH": "535 no such ada"}
        with pytest.raises(NotifyError, match=r"did not take the mail: 535 no such ada\."):
            mail(post, tls[1]).tell(told)
        post.refuse = {"y@a.org": "550 nobody"}
        assert mail(post, tls[1]).tell(told) == (
            "mailed to x@a.org",
            "y@a.org was refused: see to [notify.mail] to",
        )
        post.refuse = {"x@a.org": "550 nobody", "y@a.org": "550 nobody"}
        with pytest.raises(NotifyError, match="did not take the mail"):
            mail(post, tls[1]).tell(told)
        post.refuse = {"DATA": "451 later"}
        with pytest.raises(NotifyError, match="451 later"):
            mail(post, tls[1]).tell(told)
    with pytest.raises(NotifyError, match="Connection refused"):
        mail(Post(port=9), None).tell(told)


# --- all of them ------------------------------------------------------------------------------------


def test_one_channel_that_fails_costs_the_others_nothing_and_is_told_later(hub: Hub, tmp_path: Path) -> None:
    secrets = Secrets.of({"GITHUB_TOKEN": TOKEN, WEBHOOK_URL: f"{hub.url}/hook"})
    broken = says(whole(400, f"bad {TOKEN}".encode(), kind=b"text/plain"))
    issues, hook = Issues(hub=github(hub)), webhook(hub)
    mute = mail(Post(port=9), None)
    channels: tuple[Channel, ...] = (hook, mute, issues)
    file = tmp_path / NAME

    hub.faults.append(broken)
    first, second, third = deliver(present(regression()), file, channels, secrets)
    assert isinstance(first, NotSent)
    assert "bad ***" in first.reason
    assert isinstance(second, NotSent)
    assert third == Sent(channel="github", done=("opened an issue for aa11bb22",))
    assert set(read_told(file)) == {"github"}
    assert TOKEN not in render((first, second, third), Format.JSON)

    hub.faults.append(says(whole(200)))
    later = present(regression(), regression(name="b", base=7, head=8))
    outcomes = deliver(later, file, (hook,), secrets)
    assert outcomes == (Sent(channel="webhook", done=("sent to 127.0.0.1",)),)
    sent = [one.content for one in hub.asked if one.path == "/hook/T0KEN"]
    assert [one["id"] for one in sent[-1]["regressions"]] == ["aa11bb22", "b"]  # both nights' news
    assert deliver(later, file, (hook,), secrets) == (NothingNew(channel="webhook"),)


def test_a_disk_that_refuses_keeps_nobody_from_being_told(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "results").symlink_to(tmp_path / "unmounted")  # nothing to read, and nowhere to write
    hub.faults.append(says(whole(204)))
    channels: tuple[Channel, ...] = (webhook(hub), Issues(hub=github(hub)))
    first, second = deliver(present(regression()), tmp_path / "results" / NAME, channels, Secrets.of({}))
    for outcome in (first, second):
        assert isinstance(outcome, NotSent)
        assert "told.toml could not be written" in outcome.reason
    assert len(hub.issues) == 1


def test_a_dry_run_asks_nobody_and_needs_no_secret(hub: Hub) -> None:
    channel = Issues(hub=github(hub, token=""))
    now = present(regression())
    found = drafts(now, {"webhook": told_of(Told(), now)}, (channel, webhook(hub)))
    assert found["github"].startswith("1.50× slower since 4444444444 in m.time_walk(1)\n\n<!--")
    assert found["webhook"] == ""
    assert hub.asked == []


def test_a_missing_secret_is_named(hub: Hub) -> None:
    with pytest.raises(NotifyError, match=" or ".join(GITHUB_TOKENS)):
        Issues(hub=github(hub, token="")).tell(news(present(regression())))
    with pytest.raises(NotifyError, match=WEBHOOK_URL):
        Webhook(config=WebhookConfig(form="json"), secrets=Secrets.of({}), net=Net()).tell(
            news(present(regression()))
        )
    assert set(GITHUB_TOKENS) <= set(SECRETS)


def test_outcomes_in_every_format() -> None:
    outcomes = (
        Sent(channel="github", done=("a", "b")),
        NothingNew(channel="mail"),
        NotSent(channel="webhook", reason="it `broke`"),
    )
    assert render(outcomes, Format.TEXT) == "github: a; b\nmail: nothing new\nwebhook: not told: it `broke`"
    assert render(outcomes, Format.MARKDOWN).splitlines()[2] == "- `` webhook: not told: it `broke` ``"
    document = json.loads(render(outcomes, Format.JSON))
    assert (document["schema"], document["version"]) == ("groundspeed-told", 1)
    assert [one["state"] for one in document["channels"]] == ["sent", "nothing_new", "not_sent"]
