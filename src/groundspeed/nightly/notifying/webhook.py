"""A webhook: the news as one POST. Owns its form; docs/notifications.md describes the body.

A receiver may get the same news twice, where its answer was lost: the ``id`` in the body tells.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from groundspeed.config.notify import WEBHOOK_URL, WebhookConfig
from groundspeed.nightly.notifying.net import Net, Request, host_of
from groundspeed.nightly.notifying.news import News
from groundspeed.nightly.notifying.secrets import NotifyError, Secrets
from groundspeed.nightly.notifying.wording import chat, wire


@dataclass(frozen=True, kw_only=True, slots=True)
class Webhook:
    """The channel. Its address is a secret: who has Slack's may write there."""

    config: WebhookConfig
    secrets: Secrets
    net: Net
    name: str = "webhook"

    def tell(self, news: News) -> tuple[str, ...]:
        """Send the news, if there is any, and say where. Raises ``NotifyError``."""
        if news.is_empty:
            return ()
        url = self.secrets.get(WEBHOOK_URL)
        answer = self.net.send(
            Request(
                method="POST",
                url=url,
                headers={"Content-Type": "application/json", "User-Agent": "groundspeed"},
                body=self.draft(news).encode(),
                repeatable=True,
            )
        )
        if not 200 <= answer.status < 300:
            said = f" ({answer.said})" if answer.said else ""
            raise NotifyError(
                f"{host_of(url)} refused the webhook with {answer.status}{said}: see to {WEBHOOK_URL}."
            )
        return (f"sent to {host_of(url)}",)

    def draft(self, news: News) -> str:
        """The body."""
        return json.dumps(chat(news) if self.config.form == "slack" else wire(news), ensure_ascii=False)
