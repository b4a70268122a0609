"""groundspeed's own hot path: reading the commits of a long history."""

import subprocess
from pathlib import Path

COMMITS = 5_000


class Commits:
    """5,000 commits with a tag every hundredth, made by one process."""

    params = ("commits", "known", "order", "tags")
    param_names = ("question",)
    timeout = 60

    def setup_cache(self):
        path = Path("repository").absolute()
        subprocess.run(["git", "init", "--quiet", "--bare", str(path)], check=True)
        stream = "".join(_commit(number) for number in range(1, COMMITS + 1))
        subprocess.run(["git", "-C", str(path), "fast-import", "--quiet"], input=stream.encode(), check=True)
        listed = ["git", "-C", str(path), "rev-list", "main"]
        hashes = subprocess.run(listed, check=True, capture_output=True, text=True).stdout.split()
        return str(path), hashes

    def setup(self, cache, question):
        path, hashes = cache
        try:
            from groundspeed.history import History
        except ImportError as error:
            raise NotImplementedError("this commit has no groundspeed.history") from error
        history = History.open(Path(path))
        self.ask = {
            "commits": lambda: history.commits("main"),
            "known": lambda: history.known(hashes),
            "order": lambda: history.order("main"),
            "tags": history.tags,
        }[question]

    def time_read(self, cache, question):
        self.ask()


def _commit(number):
    who = f"Ada <ada@example.org> {1_700_000_000 + 60 * number} +0000"
    message = f"change number {number} of the history"
    text = f"commit refs/heads/main\nmark :{number}\nauthor {who}\ncommitter {who}\n"
    text += f"data {len(message)}\n{message}\n"
    if number % 100 == 0:
        text += f"reset refs/tags/v{number}\nfrom :{number}\n\n"
    return text
