"""E-mail by SMTP: the news as plain text. Owns when a login is given: never without encryption.

STARTTLS is used where the server has it, and asked for everywhere but on the loopback; port 465 speaks TLS
from its first byte (RFC 8314).
"""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage

from groundspeed.config.notify import SMTP_PASSWORD, SMTP_USER, MailConfig
from groundspeed.nightly.notifying.net import Net, ended_after, said_of
from groundspeed.nightly.notifying.news import News
from groundspeed.nightly.notifying.secrets import NotifyError, Secrets
from groundspeed.nightly.notifying.wording import summary, text, wire

_TLS_PORT = 465
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, kw_only=True, slots=True)
class Mail:
    """The channel."""

    config: MailConfig
    secrets: Secrets
    net: Net
    name: str = "mail"

    def tell(self, news: News) -> tuple[str, ...]:
        """Hand the mail in, if there is news, and say for whom. Raises ``NotifyError``.

        It is tried once: what the server took may have gone on its way though its answer was lost. One
        address refused among others is no failure: those others would get every mail again.
        """
        if news.is_empty:
            return ()
        try:
            refused = self._handed_in(self._message(news))
        except (OSError, smtplib.SMTPException) as error:
            raise NotifyError(
                f"{self.config.host} did not take the mail: {_said(error)}. It is tried again the next time."
            ) from error
        taken = [one for one in self.config.recipients if one not in refused]
        lost = [f"{one} was refused: see to [notify.mail] to" for one in refused]
        return (f"mailed to {', '.join(taken)}", *lost)

    def draft(self, news: News) -> str:
        """The mail, as it goes out."""
        return self._message(news).as_string()

    def _message(self, news: News) -> EmailMessage:
        message = EmailMessage()
        message["Subject"] = summary(news)
        message["From"] = self.config.sender
        message["To"] = ", ".join(self.config.recipients)
        message["Message-ID"] = f"<{wire(news)['id']}@groundspeed>"  # the same news has the same
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday note answers it
        message.set_content(text(news), cte="quoted-printable")  # not every server takes 8 bits
        return message

    def _handed_in(self, message: EmailMessage) -> dict[str, tuple[int, bytes]]:
        timeout_s = self.net.patience.timeout_s
        server = self._server(timeout_s)
        with ended_after(timeout_s, lambda: server.sock), server:
            self._secured(server)
            if self.secrets.has(SMTP_USER, SMTP_PASSWORD):
                server.login(self.secrets.get(SMTP_USER), self.secrets.get(SMTP_PASSWORD))
            return server.send_message(message)

    def _server(self, timeout_s: float) -> smtplib.SMTP:
        if self.config.port == _TLS_PORT:
            context = self.net.trust or ssl.create_default_context()
            return smtplib.SMTP_SSL(self.config.host, self.config.port, timeout=timeout_s, context=context)
        return smtplib.SMTP(self.config.host, self.config.port, timeout=timeout_s)

    def _secured(self, server: smtplib.SMTP) -> None:
        server.ehlo_or_helo_if_needed()
        if self.config.port == _TLS_PORT:
            return
        if server.has_extn("starttls"):
            server.starttls(context=self.net.trust or ssl.create_default_context())
            return
        if self.config.host not in _LOOPBACK or self.secrets.has(SMTP_USER, SMTP_PASSWORD):
            raise NotifyError(f"{self.config.host} offers no STARTTLS: name a server that encrypts.")


def _said(error: Exception) -> str:
    """A server's refusal in its own words, in a line."""
    code, words = getattr(error, "smtp_code", None), getattr(error, "smtp_error", b"")
    if code is None:
        return said_of(error)
    shown = words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
    return f"{code} {' '.join(shown.split())}"[:120]
